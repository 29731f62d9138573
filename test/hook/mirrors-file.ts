import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { officialIndex } from '../../element-src/lib/settings/index-list.js'
import { localMirror, ownLines, scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { type RanPhases, runPhases } from '../support/builds/run-phases.js'
import { filesWith, makeSecret, watchProcesses } from '../support/observation/secret.js'
import { sha256 } from '../support/relay/upstream.js'
import { serveGuarded } from '../support/servers/guarded-index.js'
import { listen } from '../support/servers/listen.js'
import { makeMirror, makeWheels, normaliseName, wheelsOf } from '../support/servers/mirror.js'
import { recipe } from '../support/servers/recipes.js'
import { serveMirror } from '../support/servers/server.js'

needsRoot(t)

const packages = [
  { name: 'demo-app', version: '1.0', text: 'import demo_lib', requirements: ['demo-lib>=2'] },
  { name: 'demo-lib', version: '2.1', text: 'print("demo-lib is here")' },
]

const errorsOf = ({ log }: RanPhases): readonly string[] => ownLines(log).filter((line) => line.startsWith('error: '))

t.test('what cannot be used is refused in one line, before anything is mounted', async (t) => {
  const scratch = scratchFolder(t)
  const file = join(scratch, 'mirrors.ini')
  const corp = '[corp]\nurl = https://corp.example/simple\n'
  const refused: readonly (readonly [string, RegExp, Record<string, string>?])[] = [
    [
      `${corp}password-fil = /x\n`,
      /mirrors\.ini, line 3: password-fil in \[corp\] is not a known key: did you mean password-file\?/,
    ],
    [`${corp}  ca = /x\n`, /mirrors\.ini, line 3: is indented/],
    [`${corp}ca = nowhere.pem\n`, /mirrors\.ini, line 3: ca in \[corp\] is .*\/nowhere\.pem, which is not there: fix/],
    [`${corp}ca = mirrors.ini\n`, /line 3: ca in \[corp\] is .*\/mirrors\.ini, which holds no certificate in PEM/],
    [
      `${corp}username = a\npassword-command = "echo S3CRET; echo S3CRET >&2; exit 7"\n`,
      /line 4: password-command in \[corp\] failed with exit status 7: run it by sh -c in your shell/,
    ],
    [`${corp}username = a\npassword-command = true\n`, /line 4: password-command in \[corp\] writes no password/],
    [
      `${corp}username = a\npassword-env = NOT_SET\n`,
      /line 4: password-env in \[corp\] names NOT_SET, which is not set/,
    ],
    [
      corp,
      /^error: DIB_PYPI_MIRRORS and PYPI_MIRROR_URL_1 both name mirrors/,
      { PYPI_MIRROR_URL_1: 'http://x.example' },
    ],
    [corp, /^error: DIB_PYPI_MIRRORS needs the relay, and DIB_PYPI_RELAY is never/, { DIB_PYPI_RELAY: 'never' }],
    ['', /mirrors\.ini names no mirror: write a section/],
    [corp, /^error: DIB_PYPI_MIRRORS is \/nowhere\.ini, which is not there/, { DIB_PYPI_MIRRORS: '/nowhere.ini' }],
  ]
  for (const [text, expected, more] of refused) {
    writeFileSync(file, text)
    const ran = await runPhases(scratch, { environment: { DIB_PYPI_MIRRORS: file, ...more }, compare: false })
    t.not(ran.status, 0)
    t.equal(errorsOf(ran).length, 1, 'in one line', { log: ran.log.slice(-1000) })
    t.match(errorsOf(ran)[0], expected)
    t.notMatch(ran.log, /S3CRET| {4}at /)
    t.same(ran.mounted, ['/proc'], 'nothing of ours is mounted')
  }
})

/** What password managers and clouds' tools do: they read the caller's variables, of which Node.js itself must know nothing. */
const commands = `pass() { [ "$TOKEN_OF_CLOUD" = "two
lines" ] && [ "$NODE_OPTIONS" ] && cat "$PASSWORD_STORE_DIR/$2"; }
export -f pass
export PASSWORD_STORE_DIR="$STORE"
export TOKEN_OF_CLOUD="two
lines"
export PATH=$STORE:$PATH AWS_PROFILE=ci
export NODE_OPTIONS=--inspect-brk=nowhere LD_DEBUG=nothing`

t.test(
  'passwords come from a file, a variable or a command, which has the whole environment of the caller',
  async (t) => {
    const scratch = scratchFolder(t)
    const store = scratchFolder(t)
    const secrets = [makeSecret(), makeSecret(), makeSecret(), makeSecret()] as const
    const passwords = secrets.map(({ credentials }) => credentials.replace(/^builder:/, ''))
    makeMirror(join(scratch, 'served'), packages)
    const servers = await Promise.all(
      secrets.map(({ credentials }, i) =>
        serveMirror(t, join(scratch, 'served'), i === 3 ? credentials.replace('builder', 'aws') : credentials),
      ),
    )
    writeFileSync(join(store, 'open'), `${passwords[0]}\nnotes\n`)
    chmodSync(join(store, 'open'), 0o644)
    writeFileSync(join(store, 'pypi'), `${passwords[1]}\nurl: x\n`, { mode: 0o600 })
    writeFileSync(join(store, 'cloud'), passwords[3] ?? '', { mode: 0o600 })
    writeFileSync(join(scratch, 'environment.sh'), commands)
    const section = (i: number, password: string): string =>
      `[s${i}]\nurl = ${url(i)}\nusername = builder\n${password}\n`
    const runs = join(scratch, 'runs')
    const url = (i: number): string => `http://127.0.0.1:${servers[i]?.port}/simple`
    const cloud = recipe('A token by the command of a cloud', {
      'https://DOMAIN-ACCOUNT.d.codeartifact.REGION.amazonaws.com/pypi/REPOSITORY/simple': url(3),
    })
    const aws = `#!/bin/sh
echo x >>${runs}
[ "$AWS_PROFILE" = ci ] && [ "$1 $2" = "codeartifact get-authorization-token" ] && cat "$STORE/cloud"
`
    writeFileSync(join(store, 'aws'), aws, { mode: 0o755 })
    writeFileSync(
      join(scratch, 'mirrors.ini'),
      [
        section(0, `password-file = ${join(store, 'open')}`),
        section(1, 'password-command = bash -c "pass show pypi"'),
        section(2, 'password-env = CORP_PASSWORD'),
        cloud,
      ].join('\n'),
    )
    const processes = watchProcesses(10)
    const ran = await runPhases(scratch, {
      environment: {
        DIB_PYPI_MIRRORS: join(scratch, 'mirrors.ini'),
        DIB_OFFLINE: '1',
        DIB_DEBUG_TRACE: '1',
        BASH_ENV: join(scratch, 'environment.sh'),
        STORE: store,
        CORP_PASSWORD: passwords[2],
      },
      inChroot: 'cat /root/.pip/pip.conf',
    })
    processes.stop()
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-3000) })
    t.equal(ownLines(ran.log).filter((line) => line.includes(' answers 200')).length, 4, 'each password is right', {
      lines: ownLines(ran.log),
    })
    t.match(
      ran.log,
      /^pypi: warning: \S+\/open holds a password, and every user of this host can read it: chmod o-r \S/m,
    )
    t.equal(readFileSync(runs, 'utf8'), 'x\n', 'a command is run once')
    t.same(ran.differences, [])
    const traces = secrets.flatMap((secret) => secret.traces)
    t.same(
      [...ran.log.split('\n'), ...processes.commands].filter((line) => traces.some((trace) => line.includes(trace))),
      [],
      'no password is in the log, with each step, or in the arguments of a process',
    )
    t.same(await filesWith(traces, [scratch]), [], 'nor in a file that is left')
  },
)

/** Installs by each kind of installer; says which release of a project came. */
const installAll = (project: string, module: string): readonly string[] => {
  const show = `python3 -c 'import ${module}; print("${project} is", ${module}.origin)'`
  const ways: Readonly<Record<string, string>> = {
    pip: `PIP_ROOT_USER_ACTION=ignore python3 -m pip install -q --no-color --no-cache-dir --target /tmp/at ${project} && PYTHONPATH=/tmp/at ${show}`,
    uv: `/srv/installers/uv-new/uv pip install -q --no-cache --python /usr/bin/python3 --target /tmp/at ${project} && PYTHONPATH=/tmp/at ${show}`,
    easy_install: `( mkdir /tmp/at && cd /tmp/at && printf 'from setuptools import setup\\nsetup(name="x", version="1", setup_requires=["${project}"])\\n' >setup.py &&
PIP_CONFIG_FILE=/dev/null PYTHONPATH=/srv/installers/setuptools-new python3 setup.py -q --version >/dev/null 2>&1 &&
PYTHONPATH=$(echo /tmp/at/.eggs/*.egg | tr ' ' :) ${show} )`,
  }
  return Object.entries(ways).map(
    ([name, way]) => `rm -rf /tmp/at; echo "by ${name}: $( { ${way}; } 2>&1 || echo fails)"`,
  )
}

/** What the installers say, a line each. */
const outcomes = ({ log }: RanPhases): readonly string[] => log.match(/^by .*$/gm) ?? []

t.test('a project comes from the section that names it, whatever version another index has of it', async (t) => {
  const scratch = scratchFolder(t)
  const secret = makeSecret()
  const corp = await serveGuarded(
    t,
    join(scratch, 'corp'),
    [{ name: 'corp-lib', version: '1.0', text: 'origin = "from corp"' }],
    secret.credentials,
  )
  makeMirror(join(scratch, 'public'), [
    { name: 'corp-lib', version: '9.9', text: 'origin = "from an attacker"' },
    { name: 'demo-app', version: '1.0', text: 'from corp_lib import origin', requirements: ['corp-lib'] },
  ])
  const open = await serveMirror(t, join(scratch, 'public'))
  const file = join(scratch, 'mirrors.ini')
  const official = ['[official]', `url = http://127.0.0.1:${open.port}/simple`]
  const lines = [...official, ...corp.lines, 'password-env = CORP_PASSWORD', 'projects = Corp_*', '']
  writeFileSync(file, lines.join('\n'))
  const run = (environment: Record<string, string> = {}): Promise<RanPhases> =>
    runPhases(scratch, {
      environment: {
        DIB_PYPI_MIRRORS: file,
        CORP_PASSWORD: secret.credentials.replace(/^builder:/, ''),
        DIB_PIP_RETRIES: '0',
        ...environment,
      },
      withInstallers: true,
      inChroot: [...installAll('corp-lib', 'corp_lib'), ...installAll('demo-app', 'demo_app').slice(0, 2)].join('\n'),
      compare: false,
    })
  const asksForCorp = (): readonly string[] => open.requests.filter((path) => path.includes('corp'))

  const ran = await run({ DIB_PYPI_FILL_MIRROR: '1' })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-3000) })
  t.same(outcomes(ran), [
    'by pip: corp-lib is from corp',
    'by uv: corp-lib is from corp',
    'by easy_install: corp-lib is from corp',
    'by pip: demo-app is from corp',
    'by uv: demo-app is from corp',
  ])
  t.same(asksForCorp(), [], 'no other index hears the name')
  t.equal(wheelsOf(localMirror(scratch)).length, 2, 'DIB_PYPI_FILL_MIRROR keeps what comes')
  t.ok(!ran.log.includes(secret.traces[0] ?? ''), 'the log has no password')

  const offline = await run({ DIB_OFFLINE: '1' })
  t.same(outcomes(offline).slice(0, 3), outcomes(ran).slice(0, 3), 'offline it is the same, without [official]')
  t.match(outcomes(offline)[3], /^by pip: (?!demo-app is)/)

  await corp.stop()
  const down = await run()
  t.equal(down.status, 0, 'a build that needs nothing of it goes on', { log: down.log.slice(-3000) })
  t.same(
    outcomes(down).filter((line) => line.includes(' is from ')),
    [],
    'where that mirror is down, it comes from nowhere',
  )
  t.match(down.log, /^pypi: warning: .* is down \(\d+ ms\): .*its projects come only from there/m)
  t.same(asksForCorp(), [])
})

/** Serves projects with the times at which their files were uploaded (PEP 700), where they are given. */
const serveWithTimes = async (t: Test, folder: string, times: Readonly<Record<string, string>>): Promise<number> => {
  const wheels = readdirSync(folder).filter((name) => name.endsWith('.whl'))
  const timeOf = (name: string): string | undefined => times[name.split('-').slice(0, 2).join('-')]
  const server = createServer((request, response) => {
    const [, project = ''] = /\/simple\/([^/]+)\/$/.exec(request.url ?? '') ?? []
    const file = wheels.find((name) => request.url?.endsWith(`/${name}`))
    if (file !== undefined) {
      response.writeHead(200).end(readFileSync(join(folder, file)))
      return
    }
    const files = wheels
      .filter((name) => normaliseName(name.split('-')[0] ?? '') === project)
      .map((filename) => ({
        filename,
        url: `/files/${filename}`,
        hashes: {
          sha256: sha256(readFileSync(join(folder, filename))),
        },
        size: statSync(join(folder, filename)).size,
        ...(timeOf(filename) === undefined ? {} : { 'upload-time': timeOf(filename) }),
      }))
    const versions = files.map(({ filename }) => filename.split('-')[1])
    response
      .writeHead(files.length > 0 ? 200 : 404, { 'Content-Type': 'application/vnd.pypi.simple.v1+json' })
      .end(JSON.stringify({ meta: { 'api-version': '1.1' }, name: project, versions, files }))
  })
  return (await listen(t, server)).port
}

t.test(
  'exclude-newer: what was uploaded later is not there; without upload times all is refused by name',
  async (t) => {
    const scratch = scratchFolder(t)
    const folder = join(scratch, 'wheels')
    makeWheels(folder, [
      { name: 'old-lib', version: '1.0', text: 'origin = "the old one"' },
      { name: 'old-lib', version: '2.0', text: 'origin = "the new one"' },
      { name: 'no-time', version: '1.0', text: 'origin = "of an unknown time"' },
    ])
    const port = await serveWithTimes(t, folder, {
      'old_lib-1.0': new Date(Date.now() - 10 * 86_400_000).toISOString(),
      'old_lib-2.0': new Date(Date.now() - 3_600_000).toISOString(),
    })
    const file = join(scratch, 'mirrors.ini')
    const text = recipe('Projects of your own, and PyPI', {
      'https://pypi.corp.example/simple': `http://127.0.0.1:${port}/simple`,
      '[official]': `[official]\nurl = http://127.0.0.1:${port}/simple`,
    })
    writeFileSync(file, text)
    const ran = await runPhases(scratch, {
      environment: { DIB_PYPI_MIRRORS: file, DIB_PIP_RETRIES: '0' },
      withInstallers: true,
      inChroot: [
        // easy_install asks the last mirror alone, which is [corp].
        ...installAll('old-lib', 'old_lib').slice(0, 2),
        ...installAll('no-time', 'no_time').slice(0, 2),
      ].join('\n'),
      compare: false,
    })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-3000) })
    t.same(
      outcomes(ran).filter((line) => / is (?:the|of)/.test(line)),
      ['by pip: old-lib is the old one', 'by uv: old-lib is the old one'],
    )
    t.match(ran.log, /^pypi: .*no-time.*exclude-newer/m, 'the log names the project and the setting')
  },
)

t.test(
  'what is wrong with a mirror is named, with its section, and what installers are told is what the log says',
  async (t) => {
    const scratch = scratchFolder(t)
    const login = '<html><form action="/login"><a href="/forgot">Forgot?</a></form></html>'
    // As single sign-on and captive portals do.
    const portal = await listen(
      t,
      createServer(({ url }, response) => {
        if (url === '/login') response.writeHead(200, { 'Content-Type': 'text/html' }).end(login)
        else response.writeHead(302, { Location: '/login' }).end()
      }),
    )
    makeMirror(join(scratch, 'served'), packages)
    const corp = await serveMirror(t, join(scratch, 'served'), 'builder:right')
    writeFileSync(join(scratch, 'password'), 'wrong\n', { mode: 0o600 })
    const file = join(scratch, 'mirrors.ini')
    const guarded = `[corp]\nurl = http://127.0.0.1:${corp.port}/simple\nusername = builder\npassword-file = password\n`
    writeFileSync(file, `[sso]\nurl = http://127.0.0.1:${portal.port}/simple\n${guarded}`)
    const run = (environment: Record<string, string>): Promise<RanPhases> =>
      runPhases(scratch, {
        environment: { DIB_PYPI_MIRRORS: file, ...environment },
        inChroot: 'cat /etc/xdg/pip/pip.conf',
        compare: false,
      })
    const named = [
      /^warning: http:\S+ is unusable \(N ms\): it leads to http:\S+\/login, which is not an index/m,
      /^warning: http:\S+ is unusable \(N ms\): it rejects the user name and the password of \S+\/mirrors\.ini, \[corp\] \(401\): correct username or password-file there/m,
    ]
    const dropped = await run({})
    t.equal(dropped.status, 0, 'the hooks succeed', { log: dropped.log.slice(-3000) })
    for (const line of named) t.match(ownLines(dropped.log).join('\n'), line)
    t.ok(ownLines(dropped.log).includes('the build does not ask PyPI (DIB_PYPI_MIRRORS has no section [official])'))
    t.notMatch(dropped.log, officialIndex, 'installers are not told of it')
    const failing = await run({ DIB_PYPI_UNREACHABLE: 'fail' })
    t.not(failing.status, 0)
    for (const line of named) t.match(ownLines(failing.log).join('\n'), line)
    t.match(errorsOf(failing), [/cannot be used, and DIB_PYPI_UNREACHABLE is fail/])
  },
)
