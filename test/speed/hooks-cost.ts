import { basename } from 'node:path'
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
  // Beside ours, since a phase has its own load: in cleanup.d the image has just been copied.
  const bare = ['extra-data.d/01-bare-start', 'extra-data.d/02-bare-start', 'cleanup.d/03-bare-start']
  const hooks = Object.fromEntries(bare.map((path) => [path, '#!/bin/sh\nexec node -e 0\n']))
  const logs: string[] = []
  for (let run = 0; run < 5; run += 1) {
    const build = await buildImage(scratch, { hooks, options: ['--offline'] })
    succeeded(t, build)
    logs.push(build.log)
  }
  const ours = hooksOfOurs.map((hook) => median(logs.map((log) => secondsOf(log, hook))))
  const starts = bare.map((path) => median(logs.map((log) => secondsOf(log, basename(path)))))
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const ratio = sum(ours) / sum(starts)
  const milliseconds = (values: readonly number[]): string =>
    values.map((value) => Math.round(value * 1000)).join(' + ')
  const measured = `${milliseconds(ours)} ms for ours, ${milliseconds(starts)} ms for bare starts: ${ratio.toFixed(2)} times`
  t.comment(measured)
  t.ok(ratio <= 2, measured)
})
