import { mkdirSync } from 'node:fs'
import { type Ending, localMirror } from '../support/builds/build-image.js'
import { elementOfDib, elementOfOurs, hooksOfDib, hooksOfOurs } from '../support/builds/dib.js'
import { runPhases } from '../support/builds/run-phases.js'
import { hookSeconds } from '../support/observation/hook-seconds.js'
import { median, sum } from '../support/observation/median.js'
import { makeMirror } from '../support/servers/mirror.js'
import { startFirstMirrors } from './first-mirrors.js'
import { inSeconds, type Section } from './table.js'
import { readRuns, secondsOf, timer } from './timer.js'

const firsts = { none: 'a good one alone', refused: 'refuses connections', silent: 'never answers' } as const
const variants = { ours: elementOfOurs, "dib's": elementOfDib() } as const

const packagesOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `bench-${count}-${index + 1}`)

/** What an install costs past a mirror that is down: the element's hooks and pip, in a chroot. */
export const mirrorsSection = async (
  t: Ending,
  scratch: string,
  rounds: number,
  counts: readonly number[],
  limit: number,
): Promise<Section> => {
  const folder = localMirror(scratch)
  mkdirSync(folder, { recursive: true })
  makeMirror(
    folder,
    counts.flatMap(packagesOf).map((name) => ({ name, version: '1', text: 'x = 1' })),
  )
  const urls = await startFirstMirrors(t)
  const logs = new Map<string, string[]>()
  for (let round = 0; round < rounds; round += 1) {
    for (const first of ['none', 'refused', 'silent'] as const) {
      for (const [variant, element] of Object.entries(variants)) {
        // dib's waits for minutes: once tells enough.
        if (variant === "dib's" && first !== 'none' && round > 0) continue
        const installs = counts.map(
          (count) => `measure pip-${count} ${limit} python3 -m pip install ${packagesOf(count).join(' ')} || exit 0`,
        )
        const { status, log } = await runPhases(scratch, {
          element,
          compare: false,
          environment: {
            DIB_NO_PYPI_PIP: '1',
            DIB_PYPI_MIRROR_URL: urls[first] ?? 'file:///tmp/pypi',
            DIB_PYPI_MIRROR_URL_1: urls[first] && 'file:///tmp/pypi',
          },
          inChroot: [timer, ...installs, ''].join('\n'),
        })
        if (status !== 0) throw new Error(`${variant}, first mirror ${first}: a phase failed:\n${log.slice(-2000)}`)
        logs.set(`${first} ${variant}`, [...(logs.get(`${first} ${variant}`) ?? []), log])
      }
    }
  }
  const cell = (first: string, variant: string, count: number): string => {
    const ofCase = logs.get(`${first} ${variant}`) ?? []
    const hooks = variant === 'ours' ? hooksOfOurs : hooksOfDib
    const added = median(ofCase.map((log) => sum(hooks.map((hook) => hookSeconds(log, hook)))))
    return secondsOf(
      ofCase.flatMap((log) => readRuns(log).get(`pip-${count}`) ?? []),
      limit,
      added,
    )
  }
  const hooksOf = (first: string): string =>
    inSeconds(
      median((logs.get(`${first} ours`) ?? []).map((log) => sum(hooksOfOurs.map((hook) => hookSeconds(log, hook))))),
    )
  return {
    title: 'Installs past a mirror that is down, seconds',
    head: ['first mirror', 'packages', 'ours', 'of it hooks', "dib's"],
    rows: Object.entries(firsts).flatMap(([first, name]) =>
      counts.map((n) => [name, String(n), cell(first, 'ours', n), hooksOf(first), cell(first, "dib's", n)]),
    ),
    note: `The element's hooks and one pip install in a chroot, ${rounds} times each in turn; dib's past one that is down once. The second mirror is a good one, file:///tmp/pypi. An install is ended at ${limit} s. The goal: a mirror that is down costs at most 4 s a build.`,
  }
}
