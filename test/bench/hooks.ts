import { measureHooks } from '../support/observation/hooks-cost.js'
import { sum } from '../support/observation/median.js'
import type { Section } from './table.js'

/** What the hooks of real builds cost, ours beside dib's own and beside bare starts of Node.js. */
export const hooksSection = async (scratch: string, rounds: number): Promise<Section> => {
  const { ours, dibs, bare } = await measureHooks(scratch, { rounds, withDibs: true })
  const line = (name: string, seconds: readonly number[]): readonly string[] => [
    name,
    ...[...seconds, sum(seconds)].map((value) => (value * 1000).toFixed(0)),
    (sum(seconds) / sum(bare)).toFixed(2),
  ]
  return {
    title: 'Hooks in real builds, milliseconds',
    head: ['', 'extra-data.d', 'pre-install.d', 'last', 'sum', 'times the bare starts'],
    rows: [line('ours', ours), line("dib's", dibs), line('bare starts of Node.js', bare)],
    note: `From dib's PROFILING tables, ${rounds} builds of each in turn. The last hook is cleanup.d's of ours, post-install.d's of dib's. The bare starts are \`node -e 0\` in hooks beside ours. The goal: at most twice as many bare starts.`,
  }
}
