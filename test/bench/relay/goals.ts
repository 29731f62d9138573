import { inMilliseconds, times } from '../figures.js'
import type { Goal } from '../goals.js'
import { mostMemory, ratioToDirect } from './ratios.js'
import type { RelayCosts } from './results.js'

const ratioGoal = ({ sets }: RelayCosts, goal: string, what: 'cold' | 'second', most: number): Goal => {
  const ratios = sets.map((set) => ({ name: set.name, ratio: ratioToDirect(set, 'the relay', what) }))
  return {
    goal,
    isMet: ratios.length > 0 && ratios.every(({ ratio }) => ratio !== undefined && ratio <= most),
    measured:
      ratios
        .map(({ name, ratio }) => `${ratio === undefined ? 'not possible' : `${times(ratio)} times`} (${name})`)
        .join(', ') || 'nothing was measured',
  }
}

/**
 * The relay's goals, and whether they are met. One for downloads is met where it is for each set of packages.
 *
 * @param costs What was measured.
 */
export const relayGoals = (costs: RelayCosts): readonly Goal[] => {
  const { start, large } = costs
  const most = mostMemory(costs)
  return [
    ratioGoal(costs, 'A build that fills the folder takes at most 1.1 times as long as a direct download', 'cold', 1.1),
    ratioGoal(costs, 'The next build, offline, takes at most a quarter of a direct download', 'second', 0.25),
    {
      goal: 'The relay takes at most 100 MB of memory',
      isMet: most.memory <= 100,
      measured: `at most ${most.memory.toFixed(0)} MB (${most.what}); a file of ${large.gigabytes} GB: ${large.memory.toFixed(0)} MB`,
    },
    {
      goal: 'The relay starts in the time of two bare starts of Node.js',
      isMet: start.relay <= 2 * start.bare,
      measured: `${times(start.relay / start.bare)} times one: ${inMilliseconds(start.relay)} ms against ${inMilliseconds(start.bare)} ms`,
    },
  ]
}
