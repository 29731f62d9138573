import { median } from '../support/observation/median.js'
import { inSeconds } from './table.js'

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

/**
 * The seconds of some runs of one program, for a cell: their median, a lower bound if half of them or more were ended.
 *
 * @param limit The seconds at which they are ended.
 * @param added Seconds that each cost elsewhere.
 */
export const secondsOf = (runs: readonly Run[], limit: number, added = 0): string => {
  const isEnded = ({ status }: Run): boolean => status === 124 || status === 137
  if (runs.filter(isEnded).length * 2 >= runs.length) return `> ${limit}`
  if (runs.some((run) => run.status !== 0 && !isEnded(run))) return 'not possible'
  return inSeconds(median(runs.map(({ seconds }) => seconds)) + added)
}
