import { median } from '../../support/observation/median.js'
import type { Between, PackageSet, RelayCosts, Round } from './results.js'

/** The rounds of one of a set's; none where it was not measured. */
export const roundsOf = ({ contestants }: PackageSet, between: Between): readonly Round[] =>
  contestants.find((one) => one.between === between)?.rounds ?? []

/**
 * How many times as long pip takes with something between as without: the median of each round's own ratio, since both
 * of a round met the same load.
 *
 * @param set The packages.
 * @param between What is between.
 * @param what The first or the second download.
 * @returns The ratio, or undefined where one of both is not there.
 */
export const ratioToDirect = (set: PackageSet, between: Between, what: 'cold' | 'second'): number | undefined => {
  const direct = roundsOf(set, 'nothing')
  const ratios = roundsOf(set, between).flatMap((round, index) => {
    const base = direct[index]?.[what]
    return base === undefined ? [] : [round[what] / base]
  })
  return ratios.length === 0 ? undefined : median(ratios)
}

/**
 * The median of what each round has.
 *
 * @returns Undefined where no round has it.
 */
export const medianOf = (rounds: readonly Round[], what: keyof Round): number | undefined => {
  const values = rounds.flatMap((round) => round[what] ?? [])
  return values.length === 0 ? undefined : median(values)
}

/** The most memory that the relay took in any round, in MB, with what it was doing. */
export const mostMemory = ({ sets, large }: RelayCosts): { readonly what: string; readonly memory: number } =>
  sets
    .flatMap((set) => roundsOf(set, 'the relay').map(({ memory = 0 }) => ({ what: set.name, memory })))
    .reduce((most, one) => (one.memory > most.memory ? one : most), {
      what: `a file of ${large.gigabytes} GB`,
      memory: large.memory,
    })
