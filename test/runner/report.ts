import { layerOf } from './layers.js'
import type { Outcome } from './run-file.js'

/** What TAP says of tests that pass, and of its own form. */
const quiet =
  /^\s*(?:ok [0-9]+\b.*|[0-9]+\.\.[0-9]+\b.*|# Subtest: .*|# time=.*|# \{ total: .*\}|TAP version [0-9]+|\})?$/

/**
 * What is shown of a test file: a line; where something failed, also each failure and whatever else it wrote. What a test
 * says of itself (t.comment) is shown of a passing one too, unless it is a unit test.
 */
export const linesOf = ({ file, passed, failed, skipped, time, output }: Outcome): readonly string[] => {
  const counts = [
    `${passed} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ]
  const said = output.split('\n').filter((line) => !quiet.test(line))
  return [
    `${failed > 0 ? 'FAILED' : 'ok'} ${file}: ${counts.join(', ')} (${(time / 1000).toFixed(1)} s)`,
    ...said
      .filter((line) => failed > 0 || (layerOf(file) !== 'unit' && /^\s*# /.test(line)))
      .map((line) => `  ${line}`),
  ]
}

/**
 * The last lines of a run.
 *
 * @param outcomes What became of each file.
 * @param isCi Whether CI is set, where what is skipped is a failure.
 * @returns The lines, of which the last is 'N passed, N failed', and whether all is well.
 */
export const summaryOf = (
  outcomes: readonly Outcome[],
  isCi: boolean,
): { readonly lines: readonly string[]; readonly isGood: boolean } => {
  const sum = (field: 'passed' | 'failed' | 'skipped'): number => outcomes.reduce((total, one) => total + one[field], 0)
  const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')]
  return {
    lines: [
      ...[...new Set(outcomes.flatMap(({ reasons }) => reasons))].map((reason) => `Skipped: ${reason}`),
      ...(skipped > 0 && isCi ? [`${skipped} skipped, which is a failure where CI is set`] : []),
      ...outcomes.filter((one) => one.failed > 0).map(({ file }) => `Failed: ${file}`),
      `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
    ],
    isGood: failed === 0 && passed > 0 && !(skipped > 0 && isCi),
  }
}
