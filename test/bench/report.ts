import { goalsOf } from './goals.js'
import type { RelayCosts } from './relay/results.js'
import { relayNotes, relayTables } from './relay/tables.js'
import type { Results } from './results.js'
import { goalsTable, type Table, tablesOf } from './tables.js'

const versionsOf = ({ machine }: Results): string =>
  Object.entries(machine.versions)
    .map(([program, version]) => `${program} ${version}`)
    .join(', ')

// A column of numbers stands better to the right.
const isNumeric = ({ rows }: Table, column: number): boolean =>
  rows.every((row) => /^(?:|not possible|-?(?:> ?)?[-0-9.]+)$/.test(row[column] ?? ''))

const markdownTable = (table: Table): string => {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  const rule = table.head.map((_, column) => (column > 0 && isNumeric(table, column) ? '--:' : '---'))
  return `${line(table.head)}|${rule.join('|')}|\n${table.rows.map(line).join('')}`
}

const section = (table: Table, level: '##' | '###'): string =>
  [`${level} ${table.title}\n`, markdownTable(table), ...table.notes.map((note) => `${note}\n`)].join('\n')

const relayHeading = '## The relay\n'

/**
 * The section of the page that tells what the relay costs.
 *
 * @param costs What was measured.
 */
export const relaySection = (costs: RelayCosts): string =>
  [
    relayHeading,
    ...relayNotes(costs).map((note) => `${note}\n`),
    ...relayTables(costs).map((table) => section(table, '###')),
  ].join('\n')

/**
 * Puts what the relay costs into a page that was made before, in the place of what was there of it, or at its end.
 *
 * @param page The page.
 * @param costs What was measured.
 */
export const withRelaySection = (page: string, costs: RelayCosts): string => {
  const [before = '', rest = ''] = page.split(`\n${relayHeading}`)
  const next = rest.search(/^## /m)
  const after = next < 0 ? '' : `\n${rest.slice(next)}`
  return `${before.replace(/\n*$/, '\n')}\n${relaySection(costs)}${after}`
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
    ...[goalsTable(goalsOf(results)), ...tablesOf(results)].map((table) => section(table, '##')),
    relaySection(results.relay),
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
  [...tablesOf(results), ...relayTables(results.relay), goalsTable(goalsOf(results))].map(terminalTable).join('\n')

/**
 * What the relay costs, for a terminal.
 *
 * @param costs What was measured.
 */
export const relayTerminal = (costs: RelayCosts): string => relayTables(costs).map(terminalTable).join('\n')
