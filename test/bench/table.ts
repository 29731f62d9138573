/** A part of docs/bench.md: a table, or a list of goals, with what a reader has to know. */
export interface Section {
  readonly title: string
  readonly note: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Readable seconds, to about three digits: `0.42`, `15.3`, `97`. */
export const inSeconds = (seconds: number | undefined): string =>
  seconds === undefined ? '' : seconds.toFixed(seconds < 10 ? 2 : seconds < 60 ? 1 : 0)

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** A section in Markdown; numbers are to the right. */
export const markdown = ({ title, note, head, rows }: Section): string => {
  const isNumber = (column: number): boolean =>
    rows.every((cells) => /^(?:> )?[0-9.]*(?: .*)?$|^not possible$/.test(cells[column] ?? ''))
  const rule = head.map((_, column) => (column > 0 && isNumber(column) ? '--:' : '---'))
  return [`## ${title}`, '', row(head), `|${rule.join('|')}|`, ...rows.map(row), '', note].join('\n')
}
