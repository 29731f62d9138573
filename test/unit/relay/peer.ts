import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { createServer } from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { newStrangers } from '../../../element-src/lib/relay/server/peer.js'
import { scratchFolder } from '../../support/builds/scratch.js'
import { at, openTestRelay } from '../../support/relay/test-relay.js'
import { serveIndex } from '../../support/relay/upstream.js'
import { listen } from '../../support/servers/listen.js'

// To be another user, one has to be root.
const skip = process.getuid?.() === 0 ? false : 'not root'
const nobody = 65534

// Python, since it can go into another root by itself when it has all that it needs from this one.
const program = `
import os, socket, sys
root, uid, port, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
os.chroot(root); os.chdir('/')
os.setgroups([]); os.setgid(uid); os.setuid(uid)
s = socket.socket()
s.connect((b'127.0.0.1', port))
s.sendall(b'GET ' + path.encode() + b' HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')
print(s.recv(12).decode() or 'closed', flush=True)
`.trim()

/** Asks for a page as a user in a root; what the answer begins with. */
const askAs = async (uid: number, root: string, page: string): Promise<string> => {
  const { port, pathname } = new URL(page)
  const child = spawn('python3', ['-c', program, root, String(uid), port, pathname], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more
  })
  await new Promise((resolve) => child.on('close', resolve))
  return text.trim()
}

const another = (t: Test, uid = 0): ChildProcess => {
  const build = spawn('sleep', ['100'], { stdio: 'ignore', uid, gid: uid })
  t.teardown(() => build.kill('SIGKILL'))
  return build
}

t.test('packages are for processes of the build: below disk-image-create, or in the image', { skip }, async (t) => {
  const upstream = await serveIndex(t, { 'demo-app': [] })
  const imageRoot = t.testdir({})
  const build = { pid: another(t).pid ?? 0, startTime: '0' }
  const relay = await openTestRelay(t, [at(upstream.url)], { imageRoot, build })
  const page = `${relay.index()}/demo-app/`
  const taken = 'HTTP/1.1 200'
  t.equal(await askAs(nobody, imageRoot, page), taken, 'another user in the image')
  t.equal(await askAs(0, imageRoot, page), taken, 'root in the image')
  t.equal(await askAs(0, '/', page), taken, 'root')
  t.equal(relay.log(), '')
  const asked = upstream.asked.length
  for (let i = 0; i < 2; i += 1) t.equal(await askAs(nobody, '/', page), 'closed', 'another user of the host')
  t.equal(upstream.asked.length, asked)
  t.equal(
    relay.log(),
    `pypi: warning: a process of user ${nobody} that is not of this build asked for packages: the relay closes its connections\n`,
  )
  const ours = await openTestRelay(t, [at(upstream.url)], {
    imageRoot: join(scratchFolder(t), 'none'),
    build: { pid: process.pid, startTime: '0' },
  })
  t.equal(await askAs(nobody, '/', `${ours.index()}/demo-app/`), taken, 'another user that the build became')
})

/** Who a connection of a user is to a relay that is of another user than root, and cannot look into others' processes. */
const whoFor = async (
  t: Test,
  build: ChildProcess,
  uid: number,
): Promise<ReturnType<ReturnType<typeof newStrangers>['at']>> => {
  const server = createServer()
  const { port } = await listen(t, server)
  const client = spawn('python3', ['-c', program, '/', String(uid), String(port), '/'], { stdio: 'ignore' })
  const [socket] = (await once(server, 'connection')) as [Socket]
  process.seteuid?.(4242)
  try {
    return newStrangers({ build: { pid: build.pid ?? 0, startTime: '0' }, imageRoot: '/nowhere' }).at(socket)
  } finally {
    process.seteuid?.(0)
    socket.destroy()
    await once(client, 'close')
  }
}

t.test(
  'a relay that is not of root takes a user of the host for a process of the build with the same number',
  { skip },
  async (t) => {
    const [ofRoot, ofNobody] = [another(t), another(t, nobody)]
    t.equal(await whoFor(t, ofRoot, nobody), nobody, 'no process of the build is')
    t.equal(await whoFor(t, ofNobody, nobody - 1), nobody - 1, 'another one is')
    t.equal(await whoFor(t, ofNobody, nobody), undefined, 'as SECURITY.md says')
    const read = fs.readFileSync
    t.teardown(() => {
      fs.readFileSync = read
      syncBuiltinESMExports()
    })
    fs.readFileSync = ((path: string, ...rest: []) => {
      if (path === '/proc/1/stat') throw Object.assign(new Error('hidepid'), { code: 'ENOENT' })
      return read(path, ...rest)
    }) as typeof read
    syncBuiltinESMExports()
    t.equal(await whoFor(t, ofRoot, nobody), undefined, 'and everybody, under hidepid')
  },
)

t.test("connections that are there are told from strangers' by one look at the kernel's tables", async (t) => {
  const server = createServer()
  const { port } = await listen(t, server)
  const strangers = newStrangers({ build: { pid: process.pid, startTime: '0' }, imageRoot: '/nowhere' })
  server.on('connection', strangers.accepted)
  const accept = async (): Promise<Socket> => {
    const client = connect(port, '127.0.0.1')
    const [socket] = (await once(server, 'connection')) as [Socket]
    t.teardown(() => client.destroy() && socket.destroy())
    return socket
  }
  const read = fs.readFileSync
  t.teardown(() => {
    fs.readFileSync = read
    syncBuiltinESMExports()
  })
  const looks: string[] = []
  fs.readFileSync = ((path: string, ...rest: []) => {
    if (path.startsWith('/proc/self/net/')) looks.push(path)
    return read(path, ...rest)
  }) as typeof read
  syncBuiltinESMExports()
  const first = [await accept(), await accept(), await accept()]
  for (const socket of first) t.equal(strangers.at(socket), undefined)
  t.same(looks, ['/proc/self/net/tcp'])
  t.equal(strangers.at(await accept()), undefined)
  t.same(looks.length, 2, 'one that came later needs a look of its own')
})
