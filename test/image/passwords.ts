import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildImage, namesInTarball, readFromTarball, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { pathWith } from '../support/builds/path.js'
import { needsRoot } from '../support/builds/root.js'
import { filesWith, makeSecret, watchProcesses } from '../support/observation/secret.js'
import { makeMirror } from '../support/servers/mirror.js'
import { serveMirror } from '../support/servers/server.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const installers = await fixtures.installers()

/** Writes the arguments of all processes, and a line of its own if they are seen: others may write into one that is longer than a pipe takes at once. */
const allArguments = `arguments=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0\\n' '  ')
echo "processes: $arguments"
case $arguments in *disk-image-create*) echo 'the arguments are seen' ;; esac`
const sayArguments = `#!/bin/bash\n${allArguments}\n`

/** The files of this machine that are newer than a file, outside the test's own folder and other tests'. */
const newFiles = (than: string): readonly string[] =>
  ['/tmp', '/var/tmp', '/run', '/var/log', '/dev/shm']
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      // Another test's files may go away while find looks at them.
      execFileSync(
        'sh',
        [
          '-c',
          'find "$0" -xdev -path "*/pypi-test-*" -prune -o -type f -newer "$1" -print 2>/dev/null || true',
          folder,
          than,
        ],
        { encoding: 'utf8' },
      ).split('\n'),
    )
    .filter(Boolean)

t.test('no trace of a password is in images, logs, files or arguments of processes', async (t) => {
  const scratch = scratchFolder(t)
  const secret = makeSecret()
  makeMirror(join(scratch, 'served'), [{ name: 'demo-app', version: '1.0', text: 'x = 1' }])
  const server = await serveMirror(t, join(scratch, 'served'), secret.credentials)
  const canary = `canary ${makeSecret().traces[0]}`
  const records = join(scratch, 'records')
  mkdirSync(records)
  const start = join(records, 'start')
  writeFileSync(start, '')

  const sudo = `
echo "sudo $*" >>${records}/sudo
{
${allArguments}
} >>${records}/processes
exec /usr/bin/sudo "$@"`
  // dib trims free blocks, so that they are zeros in the file: not here. It calls fstrim by sudo, with sudo's own path.
  const withoutTrimming = `
printf '#!/bin/sh\\necho "$@" >>${records}/fstrim\\n' >"$0/fstrim"
chmod 755 "$0/fstrim"
mount --bind "$0/fstrim" "$(readlink -f "$(PATH=$PATH:/usr/sbin:/sbin command -v fstrim)")"
exec "$@"`
  const processes = watchProcesses(10)
  const build = await buildImage(scratch, {
    type: 'tar,raw,qcow2',
    options: ['-x', '-x', '-u', '--offline'],
    elements: ['manifests'],
    runBy: ['bash', '-euc', withoutTrimming, scratch],
    environment: {
      PATH: pathWith(join(scratch, 'bin'), 'sudo', sudo),
      DIB_PYPI_RELAY: 'never',
      DIB_PYPI_MIRROR_URL: `http://${secret.inUrl}@127.0.0.1:${server.port}/simple`,
      DIB_PIP_RETRIES: '0',
      DIB_DEBUG_TRACE: '1',
    },
    hooks: {
      'root.d/20-smaller': `#!/bin/bash
set -eu
sudo rm -rf "$TARGET_ROOT"/usr/share/{doc,locale,perl,zoneinfo}
sudo cp ${installers}/uv-new/uv "$TARGET_ROOT/opt"
`,
      ...Object.fromEntries(
        [
          'root',
          'extra-data',
          'pre-install',
          'install',
          'post-install',
          'post-root',
          'pre-finalise',
          'finalise',
          'cleanup',
        ].map((phase) => [`${phase}.d/99-say-arguments`, sayArguments]),
      ),
      // A wheel: to build from source, pip itself starts another pip with the index in its arguments (its build_env.py).
      'install.d/50-install': `#!/bin/bash
set -eu
useradd --create-home app
mkdir /opt/app
chown app /opt/app
python3 -m pip install --target /opt/demo demo-app
find /tmp/.pypi-cache/pip -type f | sed 's|^.*$|a file in the cache of pip|' | sort -u
rm -rf ~/.cache/pip
python3 -m pip install --target /opt/demo-2 demo-app
python3 -m pip cache purge
su app -c 'python3 -m pip install --target /opt/app/demo demo-app'
su - app -c 'python3 -m pip --isolated install --target /opt/app/demo-2 demo-app'
/opt/uv pip install --python python3 --target /opt/demo-3 demo-app
find /tmp/.pypi-cache/uv -type f | sed 's|^.*$|a file in the cache of uv|' | sort -u
su app -c '/opt/uv pip install --python python3 --target /opt/app/demo-3 demo-app'
rm /opt/uv
`,
      // The blocks of a file that is deleted on the image's own disk are in the image.
      'finalise.d/50-delete-a-file': `#!/bin/bash
set -eu
echo '${canary}' >/etc/deleted
sync
rm /etc/deleted
`,
    },
  })
  processes.stop()
  succeeded(t, build)
  t.ok(server.requests.includes('/demo-app/'), 'pip asked the mirror')
  t.equal(
    build.log.match(/Successfully installed demo-app-1\.0/g)?.length,
    4,
    'and had the password, as other users had',
  )
  t.equal(build.log.match(/^ \+ demo-app==1\.0$/gm)?.length, 2, "so did root's uv and a user's")
  t.match(build.log, /^a file in the cache of pip$/m, "root's pip kept what it downloaded while the image was built")
  t.match(build.log, /^a file in the cache of uv$/m)
  t.same(
    namesInTarball(build.image).filter((name) => /\/\.cache\/|pypi-cache/.test(name)),
    [],
    'but no cache is in the image',
  )

  const tar = build.image
  const raw = tar.replace(/tar$/, 'raw')
  const converted = join(records, 'converted')
  execFileSync('qemu-img', ['convert', '-O', 'raw', tar.replace(/tar$/, 'qcow2'), converted])
  t.match(readFileSync(join(records, 'fstrim'), 'utf8'), /^--verbose \S+\/mnt\/?$/m, 'free blocks were not trimmed')
  t.same(
    [...(await filesWith([canary], [tar, raw, converted]))].sort(),
    [raw, converted].sort(),
    'what was deleted in the image would be found in its free blocks, and in it alone',
  )
  t.same(await filesWith(secret.traces, [tar, raw, converted]), [], 'the images')
  t.same(
    await filesWith(secret.traces, [scratch]),
    [],
    "what is left of the build, in dib's folders, the home and the cache",
  )
  t.same(await filesWith(secret.traces, newFiles(start)), [], "this machine's other files")

  const hasTrace = (text: string): boolean => secret.traces.some((trace) => text.includes(trace))
  t.same(build.log.split('\n').filter(hasTrace), [], 'the log, with -x -x')
  t.match(build.log, /^pypi: trace: sudo mount /m, 'which has each step')
  t.ok((build.log.match(/^the arguments are seen$/gm) ?? []).length >= 9, "and the processes' arguments in each phase")
  const seen = [...processes.commands]
  for (const hook of ['00-mount-pypi-mirror', '00-configure-pypi-mirror', '00-unconfigure-pypi-mirror']) {
    t.ok(
      seen.some((command) => command.includes(`/${hook}`)),
      `the arguments of processes were looked at while ${hook} ran`,
    )
  }
  t.same(seen.filter(hasTrace), [])
  t.match(readFileSync(join(records, 'processes'), 'utf8'), /00-mount-pypi-mirror/, 'and when the hooks called sudo')

  t.match(
    readFromTarball(tar, '/etc/dib-manifests/dib_environment'),
    new RegExp(`^declare -x DIB_PYPI_MIRROR_URL="http://\\*\\*\\*\\*@127\\.0\\.0\\.1:${server.port}/simple"$`, 'm'),
    "dib's element manifests records the environment, without the password",
  )
  t.match(
    readFileSync(join(tar.replace(/\.tar$/, '.d'), 'dib-manifests', 'dib_environment'), 'utf8'),
    /^declare -x DIB_PYPI_MIRROR_URL="http:\/\/\*\*\*\*@127/m,
    'beside the image as well',
  )
})
