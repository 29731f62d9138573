/** Has so many pieces of work done at a time; others wait in the order in which they came. */
export const newSlots = (most: number): ((work: () => Promise<void>) => Promise<void>) => {
  const waiting: (() => void)[] = []
  let taken = 0
  return async (work) => {
    if (taken >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else taken += 1
    try {
      await work()
    } finally {
      const next = waiting.shift()
      // A slot that is handed on stays taken.
      if (next === undefined) taken -= 1
      else next()
    }
  }
}
