import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ending } from '../../support/builds/build-image.js'
import { median } from '../../support/observation/median.js'
import { wheelsOf } from '../../support/servers/mirror.js'
import { inSeconds, type Section } from '../table.js'
import { download, downloadFromFolder, type Packages, type Tool } from './download.js'
import { type Between, starts } from './engines.js'
import { few, getPackages, machineIndex, wellKnown } from './package-sets.js'
import { peakMemory } from './processes.js'
import { serveWheels } from './serve-wheels.js'

/** One download into an empty cache, and one more through the cache that is filled. */
interface Round {
  readonly cold: number
  readonly second: number
  /** MB of 2^20 bytes. */
  readonly memory?: number
  /** The bytes of wheels that the index has sent the first time, for each byte of those that were asked for. */
  readonly fetched?: number
}

/** Packages at a distance, with the ratio to a direct download that the relay is to reach (issue 24). */
interface PackageSet {
  readonly name: string
  readonly upstream: string
  readonly sent?: () => number
  readonly packages: Packages
  readonly goals: Readonly<Partial<Record<Tool, number>>>
  readonly peers: readonly Between[]
  readonly rounds: number
}

const pips = (goal: number): PackageSet['goals'] => ({ 'pip 23.3': goal, 'the newest pip': goal })

const sizeOf = (folder: string): number =>
  readdirSync(folder).reduce((all, name) => all + statSync(join(folder, name)).size, 0)

const measureRound = async (
  scratch: string,
  { upstream, sent = () => Number.NaN, packages }: PackageSet,
  tool: Tool,
  between: Between | 'direct',
  bytes: number,
): Promise<Round> => {
  if (between === 'direct') {
    const cold = await download(scratch, tool, upstream, packages)
    return { cold, second: cold }
  }
  const folder = mkdtempSync(join(scratch, 'engine-'))
  const stops: (() => unknown)[] = []
  try {
    const before = sent()
    const ending = { teardown: (stop: () => unknown) => stops.push(stop) }
    const { pid, index, filled } = await starts[between](ending, folder, upstream)
    const cold = await download(scratch, tool, index, packages)
    const fetched = (sent() - before) / bytes
    const memory = peakMemory(pid)
    if (filled === undefined) return { cold, second: await download(scratch, tool, index, packages), memory, fetched }
    // It writes what it keeps before it ends.
    for (const stop of stops.splice(0)) await stop()
    return { cold, second: await downloadFromFolder(scratch, tool, filled, packages), memory, fetched }
  } finally {
    for (const stop of stops) await stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Measures what the relay costs beside a direct download, devpi-server, proxpi and nginx, in turn, by two pips and uv.
 *
 * @param rounds How often direct and through the relay, from far once less; through others once, not by the newest pip.
 * @param say What to do with a line that tells how far it is.
 * @returns Its section, of which bars.ts makes a plot.
 */
export const measureRelay = async (
  t: Ending,
  scratch: string,
  rounds: number,
  isQuick: boolean,
  say: (line: string) => void,
): Promise<Section> => {
  const folder = join(scratch, 'wheels')
  mkdirSync(folder, { recursive: true })
  const names = isQuick ? few : wellKnown
  await getPackages(folder, names)
  const bytes = sizeOf(folder)
  const wheels = wheelsOf(folder)
  const packages = { names, files: wheels.length }
  const constraints = join(scratch, 'constraints.txt')
  writeFileSync(constraints, wheels.map((wheel) => `${wheel.split('-').slice(0, 2).join('==')}\n`).join(''))
  const near = await serveWheels(t, folder, { delay: 0, rate: Number.POSITIVE_INFINITY })
  const distance = { delay: 0.04, rate: 5e6 }
  const far = await serveWheels(t, folder, distance)
  const pinned = await serveWheels(t, folder, distance, true)
  const peers = ['devpi-server', 'proxpi', 'nginx'] as const
  const fewer = Math.max(1, rounds - 1)
  const sets: readonly PackageSet[] = [
    { name: 'near', upstream: near.url, sent: near.sent, packages, goals: { ...pips(0.95), uv: 1.2 }, peers, rounds },
    {
      name: 'far',
      upstream: far.url,
      sent: far.sent,
      packages,
      goals: { ...pips(0.35), uv: 1.05 },
      peers,
      rounds: fewer,
    },
    {
      name: 'far, one release back',
      upstream: pinned.url,
      sent: pinned.sent,
      packages: { ...packages, constraints },
      goals: pips(0.6),
      peers: [],
      rounds: fewer,
    },
    { name: "the machine's own index", upstream: await machineIndex(), packages, goals: pips(1), peers: [], rounds },
  ]
  const rows: string[][] = []
  for (const set of sets) {
    for (const tool of ['pip 23.3', 'the newest pip', 'uv'] as const) {
      const runs = new Map<Between | 'direct', Round[]>()
      for (let round = 0; round < set.rounds; round += 1)
        for (const between of [
          'direct',
          'the relay',
          ...(round === 0 && tool !== 'the newest pip' ? set.peers : []),
        ] as const)
          runs.set(between, [...(runs.get(between) ?? []), await measureRound(scratch, set, tool, between, bytes)])
      const ratios = [...runs].map(([between, all]): readonly [string, number] => {
        // Of each round, since both of a round met the same load.
        const direct = runs.get('direct') ?? []
        return [between, median(all.map(({ cold }, round) => cold / (direct[round]?.cold ?? Number.NaN)))]
      })
      for (const [between, ratio] of ratios) {
        const all = runs.get(between as Between) ?? []
        const middle = (what: keyof Round): number => median(all.map((one) => one[what] ?? Number.NaN))
        const goal = between === 'the relay' ? set.goals[tool] : undefined
        const fetched = middle('fetched')
        const row = [
          set.name,
          tool,
          between,
          inSeconds(middle('cold')),
          inSeconds(middle('second')),
          ratio.toFixed(2),
          goal === undefined ? '' : `${goal}, ${ratio <= goal ? 'met' : 'missed'}`,
          Number.isNaN(fetched) ? '' : `${fetched.toFixed(2)}${goal === undefined || fetched <= 1.1 ? '' : ', missed'}`,
          between === 'direct' ? '' : middle('memory').toFixed(0),
        ]
        rows.push(row)
        say(row.join(' | '))
      }
    }
  }
  return {
    title: 'The relay',
    head: ['from', 'by', 'between', 'cold, s', 'second, s', 'cold : direct', 'goal', 'fetched : kept', 'memory, MB'],
    rows,
    note: `${names.join(', ')}, with what they require: ${wheels.length} files, ${(bytes / 1e6).toFixed(0)} MB. *Near* is a server on the same machine. *Far* is the same server, which answers after 40 ms and sends at most 5 MB/s on a connection. *One release back* is far, with a newer release of each project that constraints forbid. The machine's own index is the one that its pip asks. There are ${rounds} rounds, ${fewer} from far. Each begins with empty caches and takes all in turn; the other engines take part in the first alone. A ratio is the median of the ratios within each round. The second time is through the filled cache. For the relay it is an offline build's, from the folder that the first has filled. Fetched are the bytes of wheels that the index sent (goal: at most 1.1). Memory is the most that a process and its children have had (goal: 100 MB).`,
  }
}
