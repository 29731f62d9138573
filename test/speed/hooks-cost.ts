import t from 'tap'
import { buildImage, localMirror, scratchFolder, succeeded } from '../support/build-image.js'
import { makeMirror } from '../support/mirror.js'
import { needsRoot } from '../support/root.js'

needsRoot(t)

const hooksOfOurs = ['00-mount-pypi-mirror', '00-configure-pypi-mirror', '00-unconfigure-pypi-mirror']

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** A hook's seconds in dib's PROFILING tables. */
const secondsOf = (log: string, hook: string): number =>
  Number(new RegExp(`^dib-run-parts ${hook} +([0-9.]+)$`, 'm').exec(log)?.[1])

t.test('the hooks cost at most twice as many bare starts of Node.js as there are hooks', async (t) => {
  const scratch = scratchFolder(t)
  makeMirror(localMirror(scratch), [{ name: 'demo-app', version: '1', text: 'x = 1' }])
  const bare = ['90-bare-start', '91-bare-start', '92-bare-start']
  const hooks = Object.fromEntries(bare.map((name) => [`extra-data.d/${name}`, '#!/bin/sh\nexec node -e 0\n']))
  const logs: string[] = []
  for (let run = 0; run < 5; run += 1) {
    const build = await buildImage(scratch, { hooks, options: ['--offline'] })
    succeeded(t, build)
    logs.push(build.log)
  }
  const ours = hooksOfOurs.map((hook) => median(logs.map((log) => secondsOf(log, hook))))
  const start = median(bare.map((hook) => median(logs.map((log) => secondsOf(log, hook)))))
  const total = ours.reduce((sum, seconds) => sum + seconds, 0)
  const starts = ours.map((seconds) => (seconds / start).toFixed(2)).join(' + ')
  t.comment(`${starts} = ${(total / start).toFixed(2)} bare starts of ${(start * 1000).toFixed(0)} ms each`)
  t.ok(total <= 2 * hooksOfOurs.length * start, `${starts} bare starts are at most ${2 * hooksOfOurs.length}`)
})
