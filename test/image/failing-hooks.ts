import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ignoreErrors } from '../../element-src/lib/base/errors.js'
import { type Build, type BuiltImage, buildImage, ownLines, scratchFolder } from '../support/builds/build-image.js'
import { pathWith } from '../support/builds/path.js'
import { needsRoot } from '../support/builds/root.js'
import { changedMounts, watchHost, watchMounts } from '../support/observation/harm.js'
import { noRelayIsLeft } from '../support/observation/relays.js'
import { listen } from '../support/servers/listen.js'
import { tinyRootTarball } from '../support/setup/fixtures.js'

needsRoot(t)

/** Makes a build that is to fail, and says that it harms nothing and leaves nothing. */
const failingBuild = async (t: Test, fault: (scratch: string) => Build): Promise<BuiltImage> => {
  const scratch = scratchFolder(t)
  const host = watchHost(scratch)
  const root = await tinyRootTarball()
  const build = await buildImage(scratch, { root, options: ['--offline'], runBy: watchMounts(), ...fault(scratch) })
  t.not(build.status, 0, 'the build fails', { log: build.log.slice(-2000) })
  t.notOk(existsSync(build.image), 'there is no image')
  t.same(changedMounts(build.image), [], 'nothing is mounted')
  t.same(host.leftovers(), [], 'no folder is left')
  await noRelayIsLeft(t, scratch)
  t.same(host.harm(), [], 'the mirror and the host are as they were')
  return build
}

/** Hooks of another element, and what the build has of ours when they fail. */
const hooks: Readonly<Record<string, string>> = {
  'root.d/50-fail': 'nothing yet',
  'extra-data.d/50-fail': 'the mirror and the relay',
  'install.d/50-fail': 'the mirror, the relay and the configuration',
  'cleanup.d/00-a-fail': 'the relay, and what was made to mount on',
}

for (const [hook, what] of Object.entries(hooks)) {
  t.test(`where another element fails in ${hook}, with ${what}, nothing is harmed or left`, async (t) => {
    const build = await failingBuild(t, () => ({
      environment: { DIB_PYPI_RELAY: 'always' },
      hooks: { [hook]: '#!/bin/bash\necho "at the fault"\nexit 3\n' },
    }))
    t.match(build.log, /at the fault$/m, 'it ran')
    t.equal(/relay/.test(ownLines(build.log).join('\n')), what.includes('relay'), 'the relay was there')
    t.same(
      ownLines(build.log).filter((line) => line.startsWith('error: ')),
      [],
      'ours have no fault',
    )
  })
}

/** Kills our hook in the image of a test: from the host it is known by its root. */
const killHook = (scratch: string): void => {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const read = (): string => `${readlinkSync(`/proc/${pid}/root`)} ${readFileSync(`/proc/${pid}/cmdline`, 'latin1')}`
    const command = ignoreErrors(['EACCES', 'ENOENT', 'ESRCH'], read) ?? ''
    if (command.startsWith(`${scratch}/`) && command.includes('/tmp/.pypi/node\0')) process.kill(Number(pid), 'SIGKILL')
  }
}

t.test('where our hook in the image is killed, the build fails', async (t) => {
  let scratch = ''
  // Until it is answered, the hook waits.
  const server = await listen(
    t,
    createServer(() => killHook(scratch)),
  )
  const build = await failingBuild(t, (folder) => {
    scratch = folder
    return { environment: { DIB_PYPI_MIRROR_URL: `http://127.0.0.1:${server.port}/simple` } }
  })
  // Of a killed process it is dib's shell that has the last word.
  t.match(build.log, /\bKilled +\$target_dir\/\$target$/m, 'and says why')
  t.notMatch(build.log, /00-configure-pypi-mirror completed/)
})

t.test('where our hook in the image is never started, the build fails in one line', async (t) => {
  const build = await failingBuild(t, () => ({
    hooks: {
      // As if the loader had been told to do nothing, and to say that all went well.
      'extra-data.d/50-empty-ours': `#!/bin/bash
printf '#!/bin/sh\\n' >"$TMP_HOOKS_PATH/pre-install.d/00-configure-pypi-mirror"
`,
    },
  }))
  t.match(
    ownLines(build.log).at(-1),
    /^error: pre-install\.d\/00-configure-pypi-mirror did not run to its end, so the image was built without its mirror/,
  )
})

t.test('where chroot is missing, dib itself fails and names it', async (t) => {
  const sudo = `
for word; do [ "$word" != chroot ] || { echo "sudo: chroot: command not found" >&2; exit 1; }; done
exec /usr/bin/sudo "$@"`
  const build = await failingBuild(t, (scratch) => ({
    environment: { PATH: pathWith(join(scratch, 'bin'), 'sudo', sudo) },
  }))
  t.match(build.log, /^sudo: chroot: command not found$/m)
})

t.test('where our mounts are denied, the build fails in one line', async (t) => {
  // With all of dib's it would not get as far as to our hook.
  const sudo = `
case "$*" in
    "mount --no-mtab "*) exec /usr/bin/sudo setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$@" ;;
esac
exec /usr/bin/sudo "$@"`
  const build = await failingBuild(t, (scratch) => ({
    environment: { PATH: pathWith(join(scratch, 'bin'), 'sudo', sudo) },
  }))
  t.match(ownLines(build.log).at(-1), /^error: 'sudo mount .*' failed: mount: \S+\/tmp\/\.pypi: permission denied/)
})
