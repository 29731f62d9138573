/** Bars of one group: a name and a number for each. */
export interface Group {
  readonly title: string
  readonly bars: readonly (readonly [name: string, value: number])[]
}

const colours: Readonly<Record<string, string>> = { direct: '#7d8590', 'the relay': '#16a34a' }
const text = (x: number, y: number, anchor: string, value: string): string =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}">${value}</text>`

/**
 * A plot, as SVG, of groups of bars that go to the right, in colours that read on white and on black.
 *
 * @param title What the bars show.
 * @param groups The groups, from above.
 */
export const barsOf = (title: string, groups: readonly Group[]): string => {
  const [left, width, step] = [150, 640, 24]
  const most = Math.max(1, ...groups.flatMap(({ bars }) => bars.map(([, value]) => value)))
  const parts = [text(10, 24, 'start', title)]
  let y = 40
  for (const group of groups) {
    parts.push(text(10, y + 20, 'start', group.title))
    y += 28
    for (const [name, value] of group.bars) {
      const length = (value / most) * (width - 70)
      parts.push(
        text(left - 8, y + 15, 'end', name),
        `<rect x="${left}" y="${y + 2}" width="${length.toFixed(1)}" height="${step - 6}" fill="${colours[name] ?? '#3b82f6'}"/>`,
        text(left + length + 6, y + 15, 'start', value.toFixed(2)),
      )
      y += step
    }
    y += 8
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width} ${y + 8}" font-family="sans-serif" font-size="13" fill="#7d8590">
${parts.join('\n')}
</svg>
`
}
