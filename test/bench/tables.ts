import { basename } from 'node:path'
import { sum } from '../support/observation/median.js'
import { inCell, inMilliseconds, inSeconds, times } from './figures.js'
import { addedBy, flatToTree, type Goal, limitOf } from './goals.js'
import type { FirstMirror, Measured, Results, Variant } from './results.js'

/** A table, with what a reader has to know of it. */
export interface Table {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly notes: readonly string[]
}

const hooksTable = ({ hooks, rounds }: Results): Table => {
  const row = (name: string, values: readonly number[]): readonly string[] => [
    name,
    ...values.map(inMilliseconds),
    inMilliseconds(sum(values)),
    times(sum(values) / sum(hooks.bare)),
  ]
  return {
    title: 'Hooks in real builds, milliseconds',
    head: ['', 'extra-data.d', 'pre-install.d', 'last', 'sum', 'times the bare starts'],
    rows: [
      row('ours', hooks.ours),
      ...(hooks.dibs.length > 0 ? [row("dib's", hooks.dibs)] : []),
      row('bare starts of Node.js', hooks.bare),
    ],
    notes: [
      `From dib's PROFILING tables, ${rounds} builds of each in turn. The last hook is cleanup.d's of ours, post-install.d's of dib's. The bare starts are \`node -e 0\` in hooks beside ours; the one for pre-install.d is on the host, since the image has no Node.js.`,
    ],
  }
}

const partsTable = ({ parts }: Results): Table => {
  const columns = parts.map(({ hook, bare, launcher, bundle, whole }) => ({
    hook: basename(hook),
    values: [bare, launcher - bare, bundle - launcher, whole - bundle, whole],
  }))
  const total = [0, 1, 2, 3, 4].map((index) => sum(columns.map(({ values }) => values[index] ?? 0)))
  return {
    title: 'Where their time goes, milliseconds',
    head: ['', 'a bare start', '+ sh, sudo, the loader', '+ reading the JavaScript', '+ its work', 'the hook'],
    rows: [...columns, { hook: 'sum', values: total }].map(({ hook, values }) => [hook, ...values.map(inMilliseconds)]),
    notes: [
      'In a scratch root, without a build around, by hooks that end early: after their lines of sh, or where their JavaScript is read and would begin. The work is that of mount(8) and sudo, copies of what the hook in the chroot needs, and the files that are mounted over files of the image.',
    ],
  }
}

/** Goals as a table. */
export const goalsTable = (goals: readonly Goal[]): Table => ({
  title: 'Goals',
  head: ['goal', '', 'measured'],
  rows: goals.map(({ goal, isMet, measured }) => [goal, isMet ? 'met' : 'missed', measured]),
  notes: [],
})

const variants: readonly Variant[] = ['ours', "dib's", "dib's, no retries"]

const inWords: Readonly<Record<FirstMirror, string>> = {
  none: 'a good one alone',
  good: 'good',
  refused: 'refuses connections',
  silent: 'never answers',
}

const faultsOf = (values: readonly (readonly [what: string, Measured])[]): readonly string[] => {
  const byFault = new Map<string, string[]>()
  for (const [what, value] of values) {
    if ('fault' in value) byFault.set(value.fault, [...(byFault.get(value.fault) ?? []), what])
  }
  return [...byFault].map(([fault, what]) => `Not possible: ${what.join('; ')}: ${fault.trim()}`)
}

const mirrorsTable = ({ mirrors, rounds, limit }: Results): Table => {
  const keys = [...new Map(mirrors.map((one) => [`${one.first} ${one.packages}`, one])).values()]
  return {
    title: 'Installs past a mirror that is down, seconds',
    head: [
      'first mirror',
      'packages',
      'ours',
      'of it hooks',
      "dib's",
      "dib's, DIB_PIP_RETRIES=0",
      'ours, more than alone',
    ],
    rows: keys.map(({ first, packages }) => {
      const [ours, dibs, noRetries] = variants.map((variant) =>
        mirrors.find((one) => one.first === first && one.packages === packages && one.variant === variant),
      )
      return [
        inWords[first],
        String(packages),
        inCell(ours?.total),
        ours?.hooks === undefined ? '' : inSeconds(ours.hooks),
        inCell(dibs?.total),
        inCell(noRetries?.total),
        ours === undefined || first === 'none' ? '' : inCell(addedBy(mirrors, ours)),
      ]
    }),
    notes: [
      `The element's hooks and one pip install, in a chroot, ${rounds} times each in turn; the second mirror is a good one, file:///tmp/pypi. What waits longer than a few seconds is measured side by side instead, each in a root of its own, and ended at ${limit} s: \`> ${limit}\` is a lower bound. Several installs of one build pay for the hooks once, and for a mirror that pip is told of each time.`,
      ...faultsOf(mirrors.map(({ first, variant, packages, total }) => [`${variant}, ${first}, ${packages}`, total])),
    ],
  }
}

const foldersTable = ({ folders, rounds }: Results): Table => {
  const flats = folders.filter(({ layout }) => layout === 'flat')
  return {
    title: 'Installs of three packages from a local mirror of many files, seconds',
    head: ['files', 'with', 'ours, flat', 'ours, PEP 503 tree', 'flat : tree', "dib's, PEP 503 tree"],
    rows: flats.map((flat) => {
      const tree = (variant: Variant): Measured | undefined =>
        folders.find(
          (one) =>
            one.files === flat.files && one.tool === flat.tool && one.layout === 'tree' && one.variant === variant,
        )?.install
      const ratio = flatToTree(folders, flat)
      return [
        String(flat.files),
        flat.tool,
        inCell(flat.install),
        inCell(tree('ours')),
        ratio === undefined ? '' : times(ratio),
        inCell(tree("dib's")),
      ]
    }),
    notes: [
      `The install alone, in turn, in ${rounds} chroots each. dib's own element takes no flat folder.`,
      ...faultsOf(
        folders.map(({ files, layout, variant, tool, install }) => [
          `${tool}, ${files}, ${layout}, ${variant}`,
          install,
        ]),
      ),
    ],
  }
}

const mountsTable = ({ mounts }: Results): Table => ({
  title: 'extra-data.d with that local mirror, milliseconds',
  head: ['files', 'flat', 'PEP 503 tree'],
  rows: [...new Set(mounts.map(({ files }) => files))].map((files) => [
    String(files),
    ...(['flat', 'tree'] as const).map((layout) => {
      const one = mounts.find((mount) => mount.files === files && mount.layout === layout)
      return one === undefined ? '' : inMilliseconds(one.seconds)
    }),
  ]),
  notes: ['The whole hook, once a build. What a flat folder takes beyond a tree is the index that is made of it.'],
})

/** The sizes of the hooks and of the relay. */
export const bundlesTable = ({ bundles }: Results): Table => ({
  title: 'Size of the hooks and of the relay, KB',
  head: ['hook', 'KB', 'at most'],
  rows: Object.entries(bundles).map(([hook, bytes]) => [
    hook,
    (bytes / 1024).toFixed(1),
    (limitOf(hook) / 1024).toFixed(0),
  ]),
  notes: ['As they are committed, with the packages that they use, not minified.'],
})

/** The tables of what was measured, in the order of the goals. */
export const tablesOf = (results: Results): readonly Table[] =>
  [hooksTable, partsTable, mirrorsTable, foldersTable, mountsTable, bundlesTable].map((make) => make(results))
