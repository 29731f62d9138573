import { goalsOf } from './goals.js'
import type { Results } from './results.js'
import { type Table, tablesOf } from './tables.js'

const versionsOf = ({ machine }: Results): string =>
  Object.entries(machine.versions)
    .map(([program, version]) => `${program} ${version}`)
    .join(', ')

const goalsTable = (results: Results): Table => ({
  title: 'Goals',
  head: ['goal', '', 'measured'],
  rows: goalsOf(results).map(({ goal, isMet, measured }) => [goal, isMet ? 'met' : 'missed', measured]),
  notes: [],
})

// A column of numbers stands better to the right.
const isNumeric = ({ rows }: Table, column: number): boolean =>
  rows.every((row) => /^(?:|not possible|-?(?:> ?)?[-0-9.]+)$/.test(row[column] ?? ''))

const markdownTable = (table: Table): string => {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  const rule = table.head.map((_, column) => (column > 0 && isNumeric(table, column) ? '--:' : '---'))
  return `${line(table.head)}|${rule.join('|')}|\n${table.rows.map(line).join('')}`
}

/**
 * What was measured, as a page in Markdown.
 *
 * @param results What was measured.
 * @param plot The name of the plot's file, beside the page.
 */
export const markdownOf = (results: Results, plot: string): string => {
  const { machine, rounds, took } = results
  return [
    '# What it costs\n',
    `Measured by \`make bench\` against dib's own element \`pypi\`, in one run of ${Math.round(took / 60)} minutes, each in turn; all are medians of at least ${rounds}. Run it on your machine: the ratios are what counts.\n`,
    `- Date: ${machine.date}\n- Machine: ${machine.kind}; its load before it began was ${machine.load.toFixed(1)}\n- Versions: ${versionsOf(results)}\n`,
    `![The costs as a plot](${plot})\n`,
    ...[goalsTable(results), ...tablesOf(results)].flatMap((table) => [
      `## ${table.title}\n`,
      markdownTable(table),
      ...table.notes.map((note) => `${note}\n`),
    ]),
  ].join('\n')
}

const terminalTable = (table: Table): string => {
  const widths = table.head.map((name, column) =>
    Math.max(name.length, ...table.rows.map((row) => (row[column] ?? '').length)),
  )
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((cell, column) =>
      column > 0 && isNumeric(table, column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    )
    return `  ${padded.join('  ').trimEnd()}\n`
  }
  return `${table.title}\n${[table.head, ...table.rows].map(line).join('')}`
}

/**
 * What was measured, for a terminal: the goals come last, where they stay in sight.
 *
 * @param results What was measured.
 */
export const terminalOf = (results: Results): string =>
  [...tablesOf(results), goalsTable(results)].map(terminalTable).join('\n')
