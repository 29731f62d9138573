import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename, dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { remark } from '../../element-src/lib/config/pip/config-file.js'
import { parseMountinfo } from '../../element-src/lib/image/mounts.js'
import type { State } from '../../element-src/lib/unconfigure-pypi-mirror.js'
import { unconfigurePypiMirror } from '../../element-src/lib/unconfigure-pypi-mirror.js'
import { listen } from '../support/servers/listen.js'

const nothing: State = {
  files: [],
  folders: [],
  others: [],
  mountPoints: [],
  madeFolders: [],
  touchedFolders: [],
  etcUv: undefined,
  secrets: [],
  verbose: false,
}

type Files = Record<string, NonNullable<Parameters<Test['testdir']>[0]>>

/** Runs cleanup.d's part after an extra-data.d and a pre-install.d that left this. */
const unconfigure = (t: Test, state: Partial<State>, image: string | Files = {}, more: Files = {}): Promise<void> => {
  const folder = t.testdir({
    hooks: { pypi: { 'state.json': JSON.stringify({ ...nothing, ...state }), ...more } },
    ...(typeof image === 'string' ? {} : { image }),
  })
  return unconfigurePypiMirror(join(folder, 'hooks'), typeof image === 'string' ? image : join(folder, 'image'))
}

t.test('what is still mounted in the image fails the build', async (t) => {
  const mounted = parseMountinfo().map(({ target }) => target)
  const target = mounted.find((path) => dirname(path) !== '/' && path !== '/') ?? ''
  await t.rejects(unconfigure(t, { mountPoints: [`/${basename(target)}`] }, dirname(target)), {
    name: 'UserError',
    message: new RegExp(`^the image is not clean: ${target} is still mounted`),
  })
})

t.test('caches that were copied into the image are removed, and fail the build', async (t) => {
  const image = { tmp: { '.pypi-cache': { pip: { response: 'Authorization: Basic c2VjcmV0' } } } }
  await t.rejects(unconfigure(t, {}, image), { message: /^the image is not clean: \/tmp\/\.pypi-cache was copied/ })
  t.notOk(existsSync(join(t.testdirName, 'image/tmp/.pypi-cache')))
})

t.test('what cannot be undone fails the build', async (t) => {
  const content = `# ${remark}\n[global]\nindex-url = http://127.0.0.1:1/\n`
  const file = {
    path: '/etc/pip.conf',
    format: 'pip',
    content,
    own: undefined,
    source: 'file-0',
    isForEveryone: true,
  } as const
  const files = [{ ...file, access: { mode: 0o644, uid: 0, gid: 0 }, beside: [] }]
  await t.rejects(unconfigure(t, { files }, { etc: { 'pip.conf': content } }), {
    message: /^the image is not clean: \/etc\/pip\.conf in the image holds this build's configuration/,
  })
})

t.test('without a word of pre-install.d the build fails', async (t) => {
  const message = /^pre-install\.d\/00-configure-pypi-mirror did not run to its end/
  const left: readonly Files[] = [{}, { 'state.json': '' }]
  for (const pypi of left) {
    const hooks = t.testdir({ pypi })
    await t.rejects(unconfigurePypiMirror(hooks, hooks), { name: 'UserError', message })
  }
})

t.test('the relay is ended, and an index that went down fails the build', async (t) => {
  const asked: unknown[] = []
  let failure: string | undefined
  const server = createServer((request, response) => {
    asked.push(request.method)
    response.end(JSON.stringify({ failure, arrivals: [] }))
  })
  const { port } = await listen(t, server)
  const relay = { 'relay.json': JSON.stringify({ control: `http://127.0.0.1:${port}/` }) }
  await unconfigure(t, {}, {}, relay)
  t.same(asked, ['POST'])
  failure = 'http://mirror.example/ refuses the connection'
  await t.rejects(unconfigure(t, {}, {}, relay), {
    message: `${failure}: DIB_PYPI_UNREACHABLE=fail ends the build`,
  })
})

t.test('a receipt is not written of what is not known: the relay has ended before', async (t) => {
  const left = { 'relay.json': '{"control": "http://127.0.0.1:1/"}', 'receipt.json': '{}' }
  await t.rejects(unconfigure(t, {}, {}, left), { message: /^DIB_PYPI_RECEIPT: .* the relay has ended: build again$/ })
})
