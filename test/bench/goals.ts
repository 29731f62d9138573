import { largestBundle } from '../../build/make-elements.js'
import { sum } from '../support/observation/median.js'
import { inMilliseconds, inSeconds, secondsOf, times } from './figures.js'
import type { FolderCost, HookParts, Measured, MirrorCost, Results } from './results.js'

/** A goal, and whether it is met. */
export interface Goal {
  readonly goal: string
  readonly isMet: boolean
  /** What was measured, or why it could not be. */
  readonly measured: string
}

const kilobyte = 1024

const hooksGoal = ({ hooks, parts }: Results): Goal => {
  const ratio = sum(hooks.ours) / sum(hooks.bare)
  const part = (seconds: (hook: HookParts) => number): string => inMilliseconds(sum(parts.map(seconds)))
  const rest = [
    `sh, sudo and the loader ${part(({ bare, launcher }) => launcher - bare)} ms`,
    `reading the JavaScript ${part(({ bundle, launcher }) => bundle - launcher)} ms`,
    `work ${part(({ whole, bundle }) => whole - bundle)} ms`,
  ]
  return {
    goal: 'The hooks cost at most twice as many bare starts of Node.js',
    isMet: ratio <= 2,
    measured: `${times(ratio)} times: ${inMilliseconds(sum(hooks.ours))} ms against ${inMilliseconds(sum(hooks.bare))} ms; the rest goes to ${rest.join(', ')}`,
  }
}

/** What a first mirror adds to a good mirror alone, for as many packages: seconds, or a lower bound or a fault as it is. */
export const addedBy = (mirrors: readonly MirrorCost[], { first, variant, packages, total }: MirrorCost): Measured => {
  const alone = mirrors.find((one) => one.first === 'none' && one.variant === 'ours' && one.packages === packages)
  const base = secondsOf(alone?.total)
  if (base === undefined) return { fault: `an install of ${packages} from the good mirror alone was not measured` }
  if ('seconds' in total) return { seconds: total.seconds - base }
  return 'moreThan' in total
    ? { moreThan: total.moreThan - base }
    : { fault: `${variant}, ${first} mirror: ${total.fault}` }
}

const worst = (values: readonly { readonly what: string; readonly value: number }[]): { what: string; value: number } =>
  values.reduce((most, one) => (one.value > most.value ? one : most), {
    what: 'nothing',
    value: Number.NEGATIVE_INFINITY,
  })

const mirrorsGoal = ({ mirrors }: Results): Goal => {
  const ours = mirrors.filter(({ first, variant }) => variant === 'ours' && (first === 'refused' || first === 'silent'))
  const added = ours.map((one) => ({
    what: `${one.first} mirror, ${one.packages} package${one.packages === 1 ? '' : 's'}`,
    by: addedBy(mirrors, one),
  }))
  const goal = 'A mirror that is down costs at most 4 s a build, whatever the number of packages'
  const fault = added.map(({ by }) => by).find((by) => 'fault' in by)
  if (fault !== undefined && 'fault' in fault) return { goal, isMet: false, measured: `not possible: ${fault.fault}` }
  const most = worst(
    added.map(({ what, by }) => ({ what, value: 'seconds' in by ? by.seconds : 'moreThan' in by ? by.moreThan : 0 })),
  )
  const isBound = added.some(({ what, by }) => what === most.what && 'moreThan' in by)
  return {
    goal,
    isMet: added.length > 0 && !isBound && most.value <= 4,
    measured:
      `at most ${isBound ? 'more than ' : ''}${inSeconds(most.value)} s more than a good mirror alone (${most.what})`.replace(
        'at most more than',
        'more than',
      ),
  }
}

/** The install from a tree that one from a flat folder is measured against. */
const treeOf = (folders: readonly FolderCost[], flat: FolderCost): FolderCost | undefined =>
  folders.find(
    ({ files, layout, variant, tool }) =>
      files === flat.files && layout === 'tree' && variant === flat.variant && tool === flat.tool,
  )

/**
 * How many times as long an install from a flat folder takes as one from a tree of the same files.
 *
 * @param folders All of them.
 * @param flat The one from the flat folder.
 * @returns The ratio, or undefined where one of both is not possible.
 */
export const flatToTree = (folders: readonly FolderCost[], flat: FolderCost): number | undefined => {
  const [a, b] = [secondsOf(flat.install), secondsOf(treeOf(folders, flat)?.install)]
  return a === undefined || b === undefined ? undefined : a / b
}

const flatGoal = ({ folders }: Results): Goal => {
  const goal = 'An install from a flat folder takes at most 1.2 times as long as from a PEP 503 tree'
  const ratios = folders
    .filter(({ layout }) => layout === 'flat')
    .map((flat) => ({ what: `${flat.tool}, ${flat.files} files`, value: flatToTree(folders, flat) }))
  const missing = ratios.filter(({ value }) => value === undefined).map(({ what }) => what)
  if (missing.length > 0 || ratios.length === 0) {
    const measured = `not possible for ${missing.length} of ${ratios.length}: ${missing[0] ?? 'nothing was measured'}`
    return { goal, isMet: false, measured: `${measured}${missing.length > 1 ? ' ...' : ''}` }
  }
  const most = worst(ratios.map(({ what, value = 0 }) => ({ what, value })))
  return { goal, isMet: most.value <= 1.2, measured: `at most ${times(most.value)} times (${most.what})` }
}

/** Readable seconds, from tenths of a millisecond up. */
const small = (seconds: number): string => (seconds < 0.01 ? seconds.toFixed(4) : inSeconds(seconds))

const indexGoals = ({ folders, mounts }: Results): readonly Goal[] => {
  const flat = mounts.filter(({ layout }) => layout === 'flat')
  const [large, largest] = [flat.at(-2), flat.at(-1)]
  const tree = mounts.filter(({ layout }) => layout === 'tree').at(-1)
  const goals = [
    `The index of a flat folder is made in at most 0.5 s for ${large?.files} files`,
    `... and in linear time for ${largest?.files}: at most 1.5 times as long a file`,
  ] as const
  const isUsed = folders.some(
    ({ files, layout, install }) => files === large?.files && layout === 'flat' && 'seconds' in install,
  )
  if (large === undefined || largest === undefined || tree === undefined || !isUsed)
    return goals.map((goal) => ({ goal, isMet: false, measured: 'not possible: nothing is installed from it' }))
  const [forLarge, forLargest] = [large.seconds - tree.seconds, largest.seconds - tree.seconds]
  // Both are differences of hooks that take longer themselves: less than 10 ms are not known.
  const ratio = forLargest / largest.files / (Math.max(forLarge, 0.01) / large.files)
  const seconds = `${small(forLarge)} s, ${small(forLargest)} s for ${largest.files}`
  return [
    { goal: goals[0], isMet: forLarge <= 0.5, measured: `${small(forLarge)} s` },
    { goal: goals[1], isMet: ratio <= 1.5, measured: `${times(ratio)} times: ${seconds}` },
  ]
}

/**
 * The most that a bundle may have, in bytes, as `make elements` has it.
 *
 * @param bundle A hook, `<phase>.d/<name>`, or a program.
 */
export const limitOf = (bundle: string): number => largestBundle[/^[^/]+\.d\//.test(bundle) ? 'hook' : 'program']

/** The goals of what `make elements` makes. */
export const bundlesGoals = ({ bundles, makeElements }: Pick<Results, 'bundles' | 'makeElements'>): readonly Goal[] => {
  const all = Object.entries(bundles).map(([name, bytes]) => ({
    name,
    bytes,
    isHook: limitOf(name) === largestBundle.hook,
  }))
  const largest = [true, false].flatMap((isHook) => {
    const some = all.filter((one) => one.isHook === isHook)
    const most = worst(some.map(({ name, bytes }) => ({ what: name, value: bytes })))
    return some.length > 0 ? [`at most ${(most.value / kilobyte).toFixed(1)} KB (${most.what})`] : []
  })
  return [
    {
      goal: `Each hook has at most ${largestBundle.hook / kilobyte} KB, and the relay ${largestBundle.program / kilobyte} KB`,
      isMet: all.every(({ name, bytes }) => bytes <= limitOf(name)),
      measured: largest.join(', '),
    },
    { goal: '`make elements` takes less than 2 s', isMet: makeElements < 2, measured: `${inSeconds(makeElements)} s` },
  ]
}

/** The goals, in the order of the tables. */
export const goalsOf = (results: Results): readonly Goal[] => [
  hooksGoal(results),
  mirrorsGoal(results),
  flatGoal(results),
  ...indexGoals(results),
  ...bundlesGoals(results),
]
