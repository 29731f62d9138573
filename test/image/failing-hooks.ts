import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { project } from '../../build/project.js'
import { type Build, type BuiltImage, buildImage, ownLines, scratchFolder } from '../support/builds/build-image.js'
import { pathWith } from '../support/builds/path.js'
import { needsRoot } from '../support/builds/root.js'
import { trimRoot } from '../support/builds/trim-root.js'
import { changedMounts, watchHost, watchMounts } from '../support/observation/harm.js'

needsRoot(t)

/** Hooks of another element, in the order in which dib runs them; `before` and `after` are ours in the same phase. */
const hooks = [
  'root.d/50-fail',
  'extra-data.d/00-a-fail',
  'extra-data.d/50-fail',
  'pre-install.d/00-a-fail',
  'pre-install.d/50-fail',
  'install.d/50-fail',
  'post-install.d/50-fail',
  'post-root.d/50-fail',
  'block-device.d/50-fail',
  'pre-finalise.d/50-fail',
  'finalise.d/50-fail',
  'cleanup.d/00-a-fail',
  'cleanup.d/50-fail',
]

t.test("where another element's hook fails, nothing is harmed or left", async (t) => {
  const scratch = scratchFolder(t)
  const host = watchHost(scratch)
  const root = await trimRoot(scratch)
  for (const hook of hooks) {
    const build = await buildImage(scratch, {
      root,
      options: ['--offline'],
      runBy: watchMounts(),
      hooks: { [hook]: '#!/bin/bash\necho "at the fault"\nexit 3\n' },
    })
    t.not(build.status, 0, `${hook} fails the build`, { log: build.log.slice(-2000) })
    t.match(build.log, /at the fault$/m, 'and ran')
    t.same(
      ownLines(build.log).filter((line) => line.startsWith('error: ')),
      [],
      'ours have no fault',
    )
    t.same(changedMounts(build.image), [], 'nothing is mounted')
    t.same(host.leftovers(), [], 'no folder is left')
  }
  t.same(host.harm(), [], 'the mirror and the host are as they were')
})

/** Makes a build that is to fail, and says that it harms nothing and leaves nothing. */
const failingBuild = async (t: Test, fault: (scratch: string) => Build): Promise<BuiltImage> => {
  const scratch = scratchFolder(t)
  const host = watchHost(scratch)
  const root = await trimRoot(scratch)
  const build = await buildImage(scratch, { root, options: ['--offline'], runBy: watchMounts(), ...fault(scratch) })
  t.not(build.status, 0, 'the build fails', { log: build.log.slice(-2000) })
  t.notOk(existsSync(build.image), 'there is no image')
  t.same(changedMounts(build.image), [], 'nothing is mounted')
  t.same(host.leftovers(), [], 'no folder is left')
  t.same(host.harm(), [], 'the mirror and the host are as they were')
  return build
}

t.test('where our hook in the image is killed, the build fails', async (t) => {
  const build = await failingBuild(t, () => ({
    hooks: {
      // From the host, where the hook is known by its root: other builds may run at the same time.
      'extra-data.d/50-kill-ours': `#!/bin/bash
set -u
kill_it() {
    while [ -d "$TMP_MOUNT_PATH" ]; do
        for process in $(pgrep -f -- '^/tmp/.pypi/lib/ld.so .*/tmp/.pypi/node '); do
            [ "$(readlink "/proc/$process/root")" = "$TMP_MOUNT_PATH" ] || continue
            kill -9 "$process" && exit
        done
    done
}
kill_it >/dev/null 2>&1 &
`,
    },
  }))
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

/** Faults of mount(8) for our mounts alone: with all of dib's it would not get as far as to our hook. */
const denied: Readonly<Record<string, readonly [string, RegExp]>> = {
  'our mounts are denied': [
    'setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin',
    /^error: 'sudo mount .*' failed: mount: \S+\/tmp\/\.pypi: permission denied/,
  ],
  'the kernel does not make our mount read-only': [
    `python3 ${join(project, 'test', 'support', 'observation', 'deny_remount.py')}`,
    /^error: 'sudo mount .*' failed: mount: \S+\/tmp\/\.pypi\/mirror: /,
  ],
}

for (const [name, [by, message]] of Object.entries(denied)) {
  t.test(`where ${name}, the build fails in one line`, async (t) => {
    const sudo = `
case "$*" in "mount --no-mtab "*) exec /usr/bin/sudo ${by} "$@" ;; esac
exec /usr/bin/sudo "$@"`
    const build = await failingBuild(t, (scratch) => ({
      environment: { PATH: pathWith(join(scratch, 'bin'), 'sudo', sudo) },
    }))
    t.match(ownLines(build.log).at(-1), message)
  })
}

for (const [phase, hook] of [
  ['extra-data.d', '00-a-fill'],
  ['extra-data.d', '50-fill'],
] as const) {
  t.test(`where there is no space left after ${phase}/${hook}, the build fails in one line`, async (t) => {
    const build = await failingBuild(t, () => ({
      // A build folder with an end, and dib's own programs with files elsewhere.
      environment: { DIB_NO_TMPFS: '1' },
      runBy: watchMounts('mount -t tmpfs -o size=600m tmpfs tmp'),
      hooks: { [`${phase}/${hook}`]: `#!/bin/bash\ncat /dev/zero >"$TMP_DIR/full" 2>/dev/null || true\n` },
    }))
    const errors = ownLines(build.log).filter((line) => line.startsWith('error: '))
    // dib copies a program of its own before the next hook of ours: the line may be its cp's.
    const lines = errors.length > 0 ? errors : build.log.split('\n').filter((line) => /^cp: error writing/.test(line))
    t.equal(lines.length, 1, 'one line', { log: build.log.slice(-2000) })
    t.match(lines[0], /no space left on device/i)
  })
}
