import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { localMirror, ownLines, scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { type Phases, type RanPhases, runPhases } from '../support/builds/run-phases.js'
import { noRelayIsLeft, relays } from '../support/observation/relays.js'
import { filesWith, makeSecret, watchProcesses } from '../support/observation/secret.js'
import { makeMirror, makeSdists, makeWheels, sortIntoMirror } from '../support/servers/mirror.js'
import { serveMirror } from '../support/servers/server.js'

needsRoot(t)

const packages = [
  { name: 'demo-app', version: '1.0', text: 'import demo_lib', requirements: ['demo-lib>=2'] },
  { name: 'demo-lib', version: '2.1', text: 'print("demo-lib is here")' },
]

const install = `python3 -m pip install --no-color --target /tmp/demo demo-app
PYTHONPATH=/tmp/demo python3 -c 'import demo_app'
rm -rf /tmp/demo`

const worked = (t: Test, ran: RanPhases): void => {
  t.equal(ran.status, 0, 'the hooks succeed, and so does the installation', { log: ran.log.slice(-3000) })
  t.match(ran.log, /^demo-lib is here$/m)
  t.same(ran.differences, [], 'the image is as it was')
  t.same(ran.mounted, [])
}

t.test('a password goes to the mirror and nowhere else', async (t) => {
  const scratch = scratchFolder(t)
  const secret = makeSecret()
  makeMirror(join(scratch, 'served'), packages)
  const server = await serveMirror(t, join(scratch, 'served'), secret.credentials)
  const processes = watchProcesses(10)
  const ran = await runPhases(scratch, {
    environment: { DIB_PYPI_MIRROR_URL: `http://${secret.inUrl}@127.0.0.1:${server.port}/simple`, DIB_OFFLINE: '1' },
    inChroot: `cat /root/.pip/pip.conf /root/.pydistutils.cfg /root/.config/uv/uv.toml
unset DIB_PYPI_MIRROR_URL
echo "processes: $(cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0\\n' '  ' | grep -c pypi-relay)"
${install}`,
  })
  processes.stop()
  worked(t, ran)
  t.match(
    ran.log,
    /^index-url = http:\/\/127\.0\.0\.1:\d+\/[\w-]{20,}\/1-127\.0\.0\.1\/simple\/?$/m,
    'pip is told of the relay',
  )
  t.match(
    ran.log,
    /^index_url = http:\/\/127\.0\.0\.1:\d+\/[\w-]{20,}\/1-127\.0\.0\.1\/simple\/?$/m,
    'and so is easy_install',
  )
  t.ok(server.requests.includes('/demo-app/'), 'the relay asks the mirror')
  t.match(
    ownLines(ran.log).slice(0, 4),
    [
      'a relay on this host is between installers and indexes, for a URL with a password',
      /^the build uses index http:\/\/builder:\*{4}@/,
      /^http:\/\/builder:\*{4}@\S+ answers 200, N ms$/,
      /^the build (?:asks|does not ask) PyPI/,
    ],
    'the log says why there is a relay, before it says what it found',
  )
  t.same(
    [...ran.log.split('\n'), ...processes.commands].filter((line) =>
      secret.traces.some((trace) => line.includes(trace)),
    ),
    [],
    'the password is in no line of the log, and no argument of a process',
  )
  t.ok(
    [...processes.commands].some((command) => command.includes('pypi-relay')),
    'the relay was among these',
  )
  t.same(await filesWith(secret.traces, [scratch]), [], 'nor in a file that is left')
  await noRelayIsLeft(t, scratch)
})

t.test('with DIB_PYPI_RELAY=never, installers know the password themselves', async (t) => {
  const scratch = scratchFolder(t)
  makeMirror(join(scratch, 'served'), packages)
  const server = await serveMirror(t, join(scratch, 'served'), 'user:secret')
  const url = `http://user:secret@127.0.0.1:${server.port}/simple`
  const ran = await runPhases(scratch, {
    environment: { DIB_PYPI_MIRROR_URL: url, DIB_OFFLINE: '1', DIB_PYPI_RELAY: 'never' },
    inChroot: `cat /root/.pip/pip.conf\n${install}`,
  })
  worked(t, ran)
  t.ok(ran.log.includes(`index-url = ${url}\n`))
})

/** Where a mirror of the packages is served; one of them is an sdist, which is built in the image. */
const serveUpstream = async (t: Test, scratch: string) => {
  const folder = join(scratch, 'served')
  makeWheels(folder, packages.slice(0, 1))
  makeSdists(folder, packages.slice(1))
  sortIntoMirror(folder)
  return serveMirror(t, folder)
}

const filling = (port: number, more: Phases['environment'] = {}): Phases['environment'] => ({
  DIB_PYPI_FILL_MIRROR: '1',
  DIB_PYPI_MIRROR_URL: `http://127.0.0.1:${port}/simple`,
  DIB_PYPI_MIRROR_URL_1: 'file:///tmp/pypi',
  DIB_NO_PYPI_PIP: '1',
  ...more,
})

// An sdist's build wants setuptools, which the image has.
const installAll = install.replace('--target', '--no-build-isolation --target')

t.test('what one build downloaded serves builds offline from then on', async (t) => {
  const scratch = scratchFolder(t)
  const server = await serveUpstream(t, scratch)
  const mirror = localMirror(scratch)
  const filled = await runPhases(scratch, { environment: filling(server.port), inChroot: installAll })
  worked(t, filled)
  t.ok(
    ownLines(filled.log).some((line) => /^kept 2 new files, .*, in .*: an offline build can use them$/.test(line)),
    'the build says what it kept',
    { lines: ownLines(filled.log) },
  )
  t.ok(ownLines(filled.log).some((line) => line.includes(mirror)))
  const names = readdirSync(mirror).sort()
  const files = names.filter((name) => name !== 'SHA256SUMS' && name !== 'pypi-files.jsonl')
  t.equal(files.length, 2, names.join(' '))
  for (const name of files) {
    const project = /^demo[-_]app/.test(name) ? 'demo-app' : 'demo-lib'
    t.ok(readFileSync(join(mirror, name)).equals(readFileSync(join(scratch, 'served', project, name))), name)
  }
  t.match(execFileSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: mirror, encoding: 'utf8' }), /: OK\n.*: OK\n$/)
  await server.stop()

  const asked = server.requests.length
  const offline = await runPhases(scratch, {
    environment: { DIB_OFFLINE: '1', DIB_PYPI_FILL_MIRROR: '1' },
    inChroot: installAll,
  })
  worked(t, offline)
  // README has the variable exported before the offline build, too.
  t.same(
    ownLines(offline.log).filter((line) => /^warning/.test(line)),
    [],
  )
  t.equal(server.requests.length, asked)
  t.same(readdirSync(mirror).sort(), names, 'nothing more is kept')
  await noRelayIsLeft(t, scratch)
})

t.test("the user's proxy does not stand before the relay, nor does one of the image", async (t) => {
  const scratch = scratchFolder(t)
  const server = await serveUpstream(t, scratch)
  const ran = await runPhases(scratch, {
    prepare: `mkdir -p "$ROOT/etc"; printf '[global]\\nproxy = http://127.0.0.1:1\\n' >"$ROOT/etc/pip.conf"`,
    environment: filling(server.port, {
      // The mirror's own host is the user's to name.
      DIB_PYPI_MIRROR_URL: `http://localhost:${server.port}/simple`,
      no_proxy: 'localhost',
      http_proxy: 'http://127.0.0.1:1',
      ALL_PROXY: 'http://127.0.0.1:1',
    }),
    // As dib-run-parts sources it before each hook.
    inChroot: `bash -eu <<'END'
source /tmp/in_target.d/environment.d/01-reach-pypi-relay.bash
${installAll}
END`,
  })
  worked(t, ran)
  await noRelayIsLeft(t, scratch)
})

t.test('a folder that another tool made is refused, and stays as it is', async (t) => {
  const scratch = scratchFolder(t)
  makeMirror(localMirror(scratch), packages)
  const ran = await runPhases(scratch, { environment: filling(1) })
  t.not(ran.status, 0)
  t.match(ownLines(ran.log).at(-1), /^error: .* DIB_PYPI_FILL_MIRROR does not touch it: name another DIB_IMAGE_CACHE/)
  t.notOk(existsSync(join(localMirror(scratch), 'SHA256SUMS')))
  t.same(
    ran.mounted.filter((path) => path !== '/proc'),
    [],
  )
  t.same(relays(scratch), [])
})

t.test('where a hook fails the relay ends, and what was kept stays', async (t) => {
  const scratch = scratchFolder(t)
  const server = await serveUpstream(t, scratch)
  const ran = await runPhases(scratch, { environment: filling(server.port), inChroot: `${installAll}\nfalse` })
  t.not(ran.status, 0)
  await noRelayIsLeft(t, scratch)
  t.equal(readdirSync(localMirror(scratch)).filter((name) => /\.(?:whl|gz)$/.test(name)).length, 2)
  t.same(
    readdirSync(localMirror(scratch)).filter((name) => name.startsWith('.')),
    [],
    'no temporary file is left',
  )
})

t.test('with fail, an index that goes down ends the build, also where a hook took its failure lightly', async (t) => {
  const scratch = scratchFolder(t)
  const server = await serveUpstream(t, scratch)
  const ran = await runPhases(scratch, {
    environment: {
      DIB_PYPI_MIRROR_URL: `http://user:secret@127.0.0.1:${server.port}/simple`,
      DIB_NO_PYPI_PIP: '1',
      DIB_PYPI_UNREACHABLE: 'fail',
    },
    onLine: (line) => {
      if (line.endsWith('the server may go')) server.stop()
    },
    inChroot: `set -e
python3 -m pip download --no-deps --no-cache-dir -d /tmp/demo demo-app
rm -rf /tmp/demo
echo the server may go
url=$(python3 -m pip config get global.index-url)
# Until the relay refuses everything.
python3 - "$url" <<END
import sys, time, urllib.error, urllib.request
while True:
    try:
        urllib.request.urlopen(sys.argv[1].rstrip('/') + '/demo-lib/').read()
    except urllib.error.HTTPError as error:
        if error.code == 424: break
    except Exception: pass
    time.sleep(0.1)
END
python3 -m pip install --no-cache-dir --target /tmp/demo demo-lib || echo taken lightly`,
  })
  t.match(ran.log, /^taken lightly$/m)
  t.not(ran.status, 0)
  t.match(
    ownLines(ran.log).at(-1),
    /^error: http:\/\/user:\*{4}@\S+ refuses the connection: DIB_PYPI_UNREACHABLE=fail ends the build$/,
  )
  await noRelayIsLeft(t, scratch)
})

t.test(
  'what the relay keeps can be read by every user; with DIB_PYPI_RELAY_AHEAD=no nothing is fetched ahead',
  async (t) => {
    const scratch = scratchFolder(t)
    const server = await serveUpstream(t, scratch)
    mkdirSync(localMirror(scratch), { recursive: true })
    writeFileSync(join(localMirror(scratch), 'other-1.0-py3-none-any.whl'), 'mine')
    let before = ''
    const ran = await runPhases(scratch, {
      environment: filling(server.port, { DIB_PYPI_RELAY_AHEAD: 'no' }),
      inChroot: `python3 -m pip download --no-deps --no-cache-dir -d /tmp/demo demo-app
rm -rf /tmp/demo
echo one file was asked for
${installAll}`,
      onLine: (line) => {
        if (line.endsWith('one file was asked for')) before = server.requests.join(' ')
      },
    })
    worked(t, ran)
    t.match(before, '/demo-app/demo_app')
    t.notMatch(before, 'demo-lib')
    t.equal(
      readFileSync(join(localMirror(scratch), 'other-1.0-py3-none-any.whl'), 'utf8'),
      'mine',
      'what was there stays',
    )
    for (const name of readdirSync(localMirror(scratch)))
      t.equal(statSync(join(localMirror(scratch), name)).mode & 0o777, 0o644, name)
  },
)
