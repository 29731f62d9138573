import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { median } from '../../support/observation/median.js'
import { starts } from './engines.js'

const bareStart = (): Promise<void> =>
  new Promise((resolve, reject) => {
    spawn(process.execPath, ['-e', '0'], { stdio: 'ignore', env: {} })
      .on('error', reject)
      .on('exit', () => resolve())
  })

/**
 * Measures the relay's start, until it has said where it listens, and bare starts of Node.js, in turn.
 *
 * @param scratch The folder for it.
 * @param rounds How often.
 * @returns Medians of seconds.
 */
export const measureStart = async (scratch: string, rounds: number): Promise<{ relay: number; bare: number }> => {
  const relay: number[] = []
  const bare: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const begin = performance.now()
    await bareStart()
    bare.push((performance.now() - begin) / 1000)
    const folder = join(scratch, String(round))
    mkdirSync(folder, { recursive: true })
    const stops: (() => unknown)[] = []
    const ending = { teardown: (stop: () => unknown) => stops.push(stop) }
    relay.push((await starts['the relay'](ending, folder, 'http://127.0.0.1:9/simple/')).start)
    for (const stop of stops) await stop()
  }
  return { relay: median(relay), bare: median(bare) }
}
