import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the plot shows. */
export const plotTitle = 'Seconds of a download for each second of a direct one: the first time, and the next (pale)'

/** Bars of one group: a name, and what the first time and the next take. */
interface Group {
  readonly title: string
  readonly bars: readonly (readonly [name: string, first: number, next: number])[]
}

const colours: Readonly<Record<string, string>> = { direct: '#7d8590', 'the relay': '#16a34a' }
const text = (x: number, y: number, anchor: string, value: string): string =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}">${value}</text>`

/**
 * A plot, as SVG, of groups of bars that go to the right, in colours that read on white and on black. The next time is the pale bar.
 *
 * @param groups The groups, from above.
 */
const barsOf = (title: string, groups: readonly Group[]): string => {
  const [left, width, step] = [150, 640, 32]
  const most = Math.max(1, ...groups.flatMap(({ bars }) => bars.flatMap(([, first, next]) => [first, next])))
  const parts = [text(10, 24, 'start', title)]
  let y = 40
  for (const group of groups) {
    parts.push(text(10, y + 20, 'start', group.title))
    y += 28
    for (const [name, first, next] of group.bars) {
      const bar = (top: number, value: number, opacity: number): string => {
        const length = (value / most) * (width - 70)
        const rectangle = `<rect x="${left}" y="${top}" width="${length.toFixed(1)}" height="12" fill-opacity="${opacity}" fill="${colours[name] ?? '#3b82f6'}"/>`
        return `${rectangle}\n${text(left + Math.round(length) + 6, top + 11, 'start', value.toFixed(2))}`
      }
      parts.push(text(left - 8, y + 18, 'end', name), bar(y + 1, first, 1))
      if (name !== 'direct') parts.push(bar(y + 14, next, 0.5))
      y += step
    }
    y += 8
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width} ${y + 8}" font-family="sans-serif" font-size="13" fill="#7d8590">
${parts.join('\n')}
</svg>
`
}

const cellsOf = (line: string): readonly string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())

/**
 * What a plot of docs/bench.md shows: of each table with its *cold : direct*, by the first installer in that, the seconds for
 * each second of a direct download.
 *
 * @param page The page, as Markdown.
 */
const groupsIn = (page: string): readonly Group[] => {
  const groups = new Map<string, [string, number, number][]>()
  let [title, head, installer]: [string, readonly string[], string | undefined] = ['', [], undefined]
  for (const line of page.split('\n')) {
    if (line.startsWith('#')) title = line.replace(/^#+ |:.*/g, '')
    if (!line.startsWith('|')) head = []
    else if (head.length === 0) [head, installer] = [cellsOf(line), undefined]
    else if (head.includes('cold : direct') && !line.startsWith('|-')) {
      const row = Object.fromEntries(cellsOf(line).map((cell, i) => [head[i], cell]))
      installer ??= row['by']
      if (row['by'] !== installer) continue
      const name = row['from'] ?? title
      const bars = groups.get(name) ?? []
      groups.set(name, bars)
      const cold = Number(row['cold : direct'])
      // Of the medians, if the page has no ratio for it.
      const again = row['second : direct'] ?? (cold * Number(row['second, s'])) / Number(row['cold, s'])
      bars.push([row['between']?.replace(/^.*\((.*)\)$/, '$1') ?? '', cold, Number(again)])
    }
  }
  return [...groups].map(([name, bars]) => ({ title: name, bars }))
}

/** The plot of a page docs/bench.md, as SVG. */
export const plotOf = (page: string): string => barsOf(plotTitle, groupsIn(page))

/** Draws bench.svg from the figures of bench.md, in that folder. */
export const plot = (folder: string): void =>
  writeFileSync(join(folder, 'bench.svg'), plotOf(readFileSync(join(folder, 'bench.md'), 'utf8')))
