import { inSeconds, times } from '../figures.js'
import { goalsTable, type Table } from '../tables.js'
import { relayGoals } from './goals.js'
import { wellKnown } from './package-sets.js'
import { medianOf, ratioToDirect } from './ratios.js'
import type { PackageSet, RelayCosts } from './results.js'

const seconds = (value: number | undefined): string => (value === undefined ? '' : inSeconds(value))
const ratio = (value: number | undefined): string => (value === undefined ? '' : times(value))

const setTable = (set: PackageSet): Table => ({
  title: `${set.name}: ${set.files} files, ${set.megabytes.toFixed(0)} MB`,
  head: ['between', 'cold, s', 'second, s', 'cold : direct', 'second : direct', 'memory, MB', 'start, s', 'rounds'],
  rows: set.contestants.map(({ between, rounds }) => [
    between === 'nothing' ? 'nothing (direct)' : between,
    seconds(medianOf(rounds, 'cold')),
    seconds(medianOf(rounds, 'second')),
    ratio(ratioToDirect(set, between, 'cold')),
    ratio(ratioToDirect(set, between, 'second')),
    medianOf(rounds, 'memory')?.toFixed(0) ?? '',
    seconds(medianOf(rounds, 'start')),
    String(rounds.length),
  ]),
  notes: [],
})

/** The relay's tables: its goals, then the downloads of each set. */
export const relayTables = (costs: RelayCosts): readonly Table[] => [
  { ...goalsTable(relayGoals(costs)), title: 'Its goals' },
  ...costs.sets.map(setTable),
]

/**
 * What a reader of the relay's tables has to know: paragraphs of Markdown.
 *
 * @param costs What was measured.
 */
export const relayNotes = ({ machine, loadAfter, missing, large, took }: RelayCosts): readonly string[] => [
  `Measured on ${machine.date} in one run of ${Math.round(took / 60)} minutes on ${machine.kind}, by \`make bench\` or \`make bench-engines\`. The load of the machine was ${machine.load.toFixed(1)} when it began and ${loadAfter.toFixed(1)} when it ended: with more than one program at work for each core the seconds say little, and the ratios are what counts. ${Object.entries(
    machine.versions,
  )
    .map(([program, version]) => `${program} ${version}`)
    .join(', ')}.`,
  `The known projects are ${wellKnown.join(', ')}, with what they require; the own packages are wheels of half a megabyte that require nothing. *Near* is a server on the same machine, *far* the same server, which answers after 40 ms and then sends at most 5 MB/s on a connection: both have pages with the files that are downloaded, and no others. *The internet* is the index that pip on this machine asks, whose pages list all that there ever was of a project.`,
  "Each round runs all of them in turn, with empty caches; times, memory and starts are medians of the rounds, and a ratio is the median of the ratios within each round. `pip download` of the old pip fetches everything, cold through an empty cache and a second time through the filled one. For the relay the second time is that of an offline build: from the folder that the first has filled, by the index that extra-data.d makes of it, whose making is part of the time. With nothing between, as with dib's own element, both are the same. Memory is the most that a process and its children have had (VmHWM), at the end of the second download.",
  `The file of ${large.gigabytes} GB went through the relay into the folder in ${inSeconds(large.seconds)} s, from a server and to a client on the same machine.`,
  ...missing.map((why) => `Not measured: ${why}`),
]
