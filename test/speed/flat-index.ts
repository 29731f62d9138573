import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { hookSeconds } from '../support/observation/hook-seconds.js'
import { median } from '../support/observation/median.js'

needsRoot(t)

/** The seconds of extra-data.d with a flat folder of so many files, each of a project of its own. */
const secondsWith = async (scratch: string, files: number): Promise<number> => {
  const folder = join(scratch, `of-${files}`)
  const mirror = join(folder, 'pypi', 'mirror')
  mkdirSync(mirror, { recursive: true })
  for (let i = 0; i < files; i += 1) writeFileSync(join(mirror, `project_${i}-1.0-py3-none-any.whl`), '')
  const seconds: number[] = []
  for (let run = 0; run < 3; run += 1) {
    const ran = await runPhases(scratch, { environment: { DIB_IMAGE_CACHE: folder, DIB_OFFLINE: '1' } })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-2000) })
    seconds.push(hookSeconds(ran.log, 'extra-data.d/00-mount-pypi-mirror'))
  }
  return median(seconds)
}

t.test('an index of 10,000 files costs half a second at most', async (t) => {
  const scratch = scratchFolder(t)
  const [few, many] = [await secondsWith(scratch, 10), await secondsWith(scratch, 10_000)]
  const measured = `${many.toFixed(3)} s for the hook with 10,000 files, ${few.toFixed(3)} s with 10`
  t.comment(measured)
  t.ok(many - few <= 0.5, measured)
})
