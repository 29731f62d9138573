import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { needsRoot } from '../support/builds/root.js'
import { scratchFolder } from '../support/builds/scratch.js'
import { compare, openInstallers } from '../support/relay/installs.js'
import { at, inFolder, openTestRelay } from '../support/relay/test-relay.js'
import { sha256 } from '../support/relay/upstream.js'
import { pointDevpiAt, startDevpi } from '../support/servers/devpi.js'
import { makeSdists, makeWheels, sortIntoMirror } from '../support/servers/mirror.js'
import { startNginx } from '../support/servers/nginx.js'
import { serveMirror } from '../support/servers/server.js'
import { freePort, startServer } from '../support/servers/start-server.js'
import * as fixtures from '../support/setup/fixtures.js'

// The fixtures are made for root alone.
needsRoot(t)

const scratch = scratchFolder(t)
const installers = await openInstallers(t, scratch)
const wheels = join(scratch, 'wheels')
makeWheels(wheels, [
  { name: 'demo-app', version: '1.0', text: 'token = "app"', requirements: ['demo.Lib>=2'] },
  { name: 'demo.Lib', version: '2.1', text: 'token = "lib"' },
])
const tree = join(scratch, 'tree')
cpSync(wheels, tree, { recursive: true })
sortIntoMirror(tree)

/** Serves the files as nginx lists them by itself. */
const serveByAutoindex = async (t: Test, folder: string): Promise<string> => {
  const port = await freePort()
  for (const name of readdirSync(tree, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    const to = join(folder, 'web', 'simple', name.name)
    cpSync(join(tree, name.name), to, { recursive: true, filter: (path) => !path.endsWith('index.html') })
  }
  const server = `server { listen 127.0.0.1:${port}; root ${join(folder, 'web')}; autoindex on; }`
  await startNginx(t, join(folder, 'nginx'), port, `access_log off;\n${server}`)
  return `http://127.0.0.1:${port}/simple`
}

/** How each server is started; says its index. */
const servers: Readonly<Record<string, (t: Test, folder: string) => Promise<string>>> = {
  pypiserver: async (t, folder) => {
    const port = await freePort()
    const program = join(await fixtures.mirrorPrograms(), 'pypi-server')
    const args = ['run', '-i', '127.0.0.1', '-p', String(port), '--disable-fallback', wheels]
    await startServer(t, port, join(folder, 'log'), program, args)
    return `http://127.0.0.1:${port}/simple`
  },
  'devpi-server': async (t, folder) => {
    const upstream = await serveMirror(t, tree)
    const port = await freePort()
    await startDevpi(t, folder, 'devpi-server', port, {
      'devpi-init': 'devpi-init --serverdir server',
      '--port 3141': '--serverdir server --port 3141',
    })
    await pointDevpiAt(port, '', `http://127.0.0.1:${upstream.port}/simple/`)
    const url = `http://127.0.0.1:${port}/root/pypi/+simple`
    // Until it has its upstream's list of projects, it says of some that there are none.
    await fetch(`${url}/`)
    return url
  },
  proxpi: async (t, folder) => {
    // It asks for folders without a slash, and follows.
    const upstream = await serveByAutoindex(t, folder)
    const port = await freePort()
    await startServer(t, port, join(folder, 'log'), 'env', [
      'FLASK_APP=proxpi.server',
      `PROXPI_INDEX_URL=${upstream}/`,
      `PROXPI_CACHE_DIR=${join(folder, 'cache')}`,
      join(await fixtures.proxpiPrograms(), 'flask'),
      'run',
      `--port=${port}`,
    ])
    return `http://127.0.0.1:${port}/index`
  },
  'nginx with autoindex': serveByAutoindex,
  'a relay whose upstream is a relay': async (t) => {
    const upstream = await serveMirror(t, tree)
    return (await openTestRelay(t, [at(`http://127.0.0.1:${upstream.port}/simple`)])).index()
  },
}

t.test('what installers can do with real servers, they can do through the relay', async (t) => {
  const old = { 'pip 9': await installers.oldPip('9'), 'pip 20.3': await installers.oldPip('20') }
  for (const [name, start] of Object.entries(servers)) {
    const folder = join(scratch, name.replaceAll(' ', '-'))
    mkdirSync(folder)
    const url = await start(t, folder)
    for (const [installer, install] of Object.entries({ pip: installers.pip, uv: installers.uv, ...old })) {
      const relay = await openTestRelay(t, [at(url)])
      t.ok(
        await compare(t, `${name}: ${installer}`, install, relay, async () => [url]),
        `${installer} installs from ${name}`,
      )
      t.equal(relay.log(), '')
    }
  }
})

const lines = (line: (digits: string, name: string) => string): string =>
  readdirSync(wheels)
    .map((name) => line(sha256(readFileSync(join(wheels, name))), name))
    .join('')

/** Folders, as somebody may have made them, and whether installers take what is in them. */
const folders: readonly (readonly [what: string, make: (folder: string) => void, isTaken?: boolean])[] = [
  ['wheels side by side', (folder) => cpSync(wheels, folder, { recursive: true })],
  ['a tree of PEP 503', (folder) => cpSync(tree, folder, { recursive: true })],
  ['a tree in simple/', (folder) => cpSync(tree, join(folder, 'simple'), { recursive: true })],
  ['a tree in web/simple/', (folder) => cpSync(tree, join(folder, 'web', 'simple'), { recursive: true })],
  [
    'a folder for each project, without pages',
    (folder) => cpSync(tree, folder, { recursive: true, filter: (path) => !path.endsWith('index.html') }),
  ],
  [
    "a tree with projects' names as written",
    (folder) => {
      cpSync(join(tree, 'demo-app'), join(folder, 'demo_app'), { recursive: true })
      cpSync(join(tree, 'demo-lib'), join(folder, 'demo.Lib'), { recursive: true })
    },
  ],
  [
    'sdists beside a tree',
    (folder) => {
      cpSync(tree, folder, { recursive: true })
      makeSdists(folder, [{ name: 'demo-app', version: '0.9', text: 'x = 1' }])
    },
  ],
  ...(
    [
      ['as sha256sum writes it', (digits, name) => `${digits}  ${name}\n`],
      ['with ./ before names', (digits, name) => `${digits}  ./${name}\n`],
      ['in capitals', (digits, name) => `${digits.toUpperCase()}  ${name}\n`],
      ['with CRLF', (digits, name) => `${digits}  ${name}\r\n`],
      ['of sha256sum --binary', (digits, name) => `${digits} *${name}\n`],
      ['of sha256sum --tag', (digits, name) => `SHA256 (${name}) = ${digits}\n`],
    ] as const satisfies readonly (readonly [string, (digits: string, name: string) => string])[]
  ).flatMap(([form, line]) =>
    [true, false].map((isRight) => {
      const make = (folder: string): void => {
        cpSync(wheels, folder, { recursive: true })
        writeFileSync(
          join(folder, 'SHA256SUMS'),
          lines((digits, name) => line(isRight ? digits : sha256(digits), name)),
        )
      }
      return [`SHA256SUMS ${form}, ${isRight ? 'right' : 'wrong'}`, make, isRight] as const
    }),
  ),
  [
    'metadata beside wheels',
    (folder) => {
      cpSync(wheels, folder, { recursive: true })
      for (const name of readdirSync(wheels).filter((one) => one.startsWith('demo_app')))
        writeFileSync(
          join(folder, `${name}.metadata`),
          'Metadata-Version: 2.1\nName: demo-app\nVersion: 1.0\nRequires-Dist: demo.Lib>=2\n',
        )
    },
  ],
]

t.test(
  'folders of every kind serve pip and uv by the relay; a hash in SHA256SUMS that is wrong is refused',
  async (t) => {
    await Promise.all(
      folders.map(async ([what, make, isTaken = true], i) => {
        const folder = join(scratch, `folder-${i}`)
        mkdirSync(folder)
        make(folder)
        const relay = await openTestRelay(t, [inFolder(folder)])
        for (const installer of ['pip', 'uv'] as const) {
          const { files, log } = await installers[installer]([relay.index()])
          t.equal(files !== undefined, isTaken, `${what}: ${installer}`, { log, relay: relay.log() })
        }
      }),
    )
  },
)
