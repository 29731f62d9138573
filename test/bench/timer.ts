import { median } from '../support/observation/median.js'
import type { Measured } from './results.js'

/** A program's run, in the chroot. */
export interface Run {
  /** Its exit status; that of timeout(1), 124, where the limit ended it. */
  readonly status: number
  readonly seconds: number
  /** What it said: the first line of a fault, or its last. */
  readonly said: string
}

/**
 * sh for the chroot: `measure NAME SECONDS PROGRAM [ARGUMENT...]` runs a program for at most so long, writes a line that
 * `readRuns` reads, and ends as the program does.
 */
export const timer = `
export PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore
measure() {
    name=$1 limit=$2
    shift 2
    status=0
    start=$(date +%s%N)
    timeout -k 1 "$limit" "$@" </dev/null >/root/bench-output 2>&1 || status=$?
    milliseconds=$((($(date +%s%N) - start) / 1000000))
    said=$(grep -m 1 -iE '^ *(error|×)' /root/bench-output || tail -n 1 /root/bench-output)
    echo "bench: $name $status $milliseconds $said"
    return "$status"
}
`

/**
 * The runs in a log, by their names.
 *
 * @param log What the chroot's script wrote, among other lines.
 */
export const readRuns = (log: string): ReadonlyMap<string, Run> =>
  new Map(
    [...log.matchAll(/^bench: (\S+) ([0-9]+) ([0-9]+) ?(.*)$/gm)].map(
      ([, name = '', status, milliseconds, said = '']) => [
        name,
        { status: Number(status), seconds: Number(milliseconds) / 1000, said },
      ],
    ),
  )

/** Whether a limit ended the run. */
export const isEnded = ({ status }: Run): boolean => status === 124 || status === 137

/**
 * What some runs of one program measure.
 *
 * @param runs The runs.
 * @param limit The seconds at which they are ended.
 * @param added Seconds that each cost elsewhere, in the same order.
 */
export const measuredBy = (runs: readonly Run[], limit: number, added: readonly number[] = []): Measured => {
  const failed = runs.find((run) => run.status !== 0 && !isEnded(run))
  if (failed !== undefined) return { fault: failed.said }
  if (runs.length === 0) return { fault: 'it was not run' }
  // Where half of them or more were ended, so is the median.
  if (runs.filter(isEnded).length * 2 >= runs.length) return { moreThan: limit }
  return { seconds: median(runs.map(({ seconds }, index) => seconds + (added[index] ?? 0))) }
}
