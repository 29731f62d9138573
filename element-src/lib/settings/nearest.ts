/** How many letters to change, to add or to drop make one word of the other (Levenshtein's distance). */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** The known word that is nearest to what was written, whatever the letters' case; before others one that holds it. */
export const nearest = (written: string, known: readonly string[]): string => {
  const small = written.toLowerCase()
  const far = (word: string): number => {
    const other = word.toLowerCase()
    return distance(small, other) - (other.includes(small) ? other.length : 0)
  }
  return [...known].sort((a, b) => far(a) - far(b))[0] ?? ''
}
