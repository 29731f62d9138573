import t from 'tap'
import { officialIndex } from '../../element-src/lib/settings/index-list.js'
import { localMirror, ownLines, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { mountedOver } from '../support/builds/standard-build.js'

needsRoot(t)

const inChroot = `python3 -m pip config list
[ ! -e /tmp/pypi ] || echo 'there is a /tmp/pypi'
`

t.test('online, without a mirror, PyPI is used alone', async (t) => {
  const scratch = scratchFolder(t)
  const build = await runPhases(scratch, { inChroot, compare: false })
  succeeded(t, build)
  const missing = `there is no folder ${localMirror(scratch)} and no DIB_PYPI_MIRROR_URL`
  const own = ownLines(build.log)
  // What became of asking it is this machine's own.
  t.same(
    [...own.slice(0, 3), ...own.slice(4, 6)],
    [
      `warning: ${missing}: PyPI is used alone`,
      `the build uses index ${officialIndex}`,
      'the build asks PyPI too',
      `mounted over ${mountedOver.join(', ')} for this build`,
      `installers ask index ${officialIndex}`,
    ],
  )
  t.ok(build.log.includes(`\nglobal.index-url='${officialIndex}'\n`))
  // The sections of pip's commands repeat it (pip 25.2 and 25.3 ignore an empty override).
  const urls = [...build.log.matchAll(/index-url='([^']*)'/g)].map(([, url]) => url)
  t.same([...new Set(urls)], [officialIndex], 'no section of any file names another')
  t.notMatch(build.log, /global\.extra-index-url|there is a \/tmp\/pypi/)
})

t.test('offline, without a mirror, the user is told that nothing can be found', async (t) => {
  const scratch = scratchFolder(t)
  const build = await runPhases(scratch, { inChroot, compare: false, environment: { DIB_OFFLINE: '1' } })
  succeeded(t, build)
  const missing = `there is no folder ${localMirror(scratch)} and no DIB_PYPI_MIRROR_URL`
  t.equal(ownLines(build.log)[0], `warning: ${missing}, and PyPI is off: no package can be found`)
  t.notOk(build.log.includes(officialIndex), 'the official index is nowhere')
})
