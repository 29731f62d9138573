import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { RelayConfig, RelayStatus } from '../../../element-src/lib/relay/control.js'
import { openRelay } from '../../../element-src/lib/relay/open-relay.js'
import { partOf } from '../../../element-src/lib/relay/server/route.js'
import { type Index, indexAt } from '../../../element-src/lib/settings/index-list.js'

/** An answer, read whole. */
export interface Reply {
  readonly status: number
  readonly reason: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  /** Whether the connection ended before the body did. */
  readonly isCut: boolean
}

/**
 * Asks for a URL.
 *
 * @param method GET by default.
 * @param onHead Called when the answer has begun.
 */
export const ask = (
  url: string,
  headers: Record<string, string> = {},
  method = 'GET',
  onHead = (): void => undefined,
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { headers, method, agent: false }, (response) => {
      onHead()
      const chunks: Buffer[] = []
      const done = (): void =>
        resolve({
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? '',
          headers: response.headers,
          body: Buffer.concat(chunks),
          isCut: !response.complete,
        })
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', () => undefined).on('close', done)
    })
    sent.on('error', reject).end()
  })

/** A relay in the test's own process. */
export interface TestRelay {
  /** The URL below which installers are answered, without a slash at its end. */
  readonly base: string
  /** The URL by which it is asked and ended. */
  readonly control: string
  /** An index as installers get it. */
  readonly index: (i?: number) => string
  /** All of them. */
  readonly indexes: readonly string[]
  /** The page of a project. */
  readonly page: (project: string, i?: number, accept?: string) => Promise<Reply>
  /** The URL of a file, by its name, that a project's page lists. */
  readonly link: (project: string, name: string, i?: number) => Promise<string>
  /** The log so far. */
  readonly log: () => string
  readonly end: () => Promise<RelayStatus>
}

/** JSON, as uv and new pips ask for it. */
export const json = 'application/vnd.pypi.simple.v1+json'

/** An index at a URL, with or without credentials. */
export const at = (url: string, more: Partial<Index> = {}): Index => ({ ...indexAt(url), ...more })

/** A folder of the host as an index. */
export const inFolder = (folder: string, more: Partial<Index> = {}): Index => ({
  ...indexAt('file:///tmp/pypi'),
  folder,
  label: folder,
  ...more,
})

/** Opens a relay that ends with the test. */
export const openTestRelay = async (
  t: Test,
  indexes: readonly Index[],
  more: Partial<RelayConfig> = {},
): Promise<TestRelay> => {
  const scratch = mkdtempSync(join(tmpdir(), 'relay-'))
  const logFile = join(scratch, 'log')
  writeFileSync(logFile, '')
  const secret = (): string => randomBytes(18).toString('base64url')
  const secrets = { installers: secret(), control: secret() }
  const relay = await openRelay(
    {
      indexes,
      environment: {},
      unreachable: 'drop',
      trustedHosts: [],
      fill: undefined,
      build: { pid: process.pid, startTime: '0' },
      imageRoot: scratch,
      logFile,
      ...more,
    },
    secrets,
  )
  t.teardown(async () => {
    await relay.end()
    rmSync(scratch, { recursive: true })
  })
  const origin = `http://127.0.0.1:${relay.port}`
  const base = `${origin}/${secrets.installers}`
  const index = (i = 0): string => `${base}/${partOf(i, indexes[i] ?? at('http://nowhere'))}/simple`
  const page: TestRelay['page'] = (project, i = 0, accept = json) => ask(`${index(i)}/${project}/`, { Accept: accept })
  return {
    base,
    page,
    control: `${origin}/${secrets.control}/`,
    index,
    indexes: indexes.map((_, i) => index(i)),
    link: async (project, name, i = 0) => {
      const { body } = await page(project, i)
      const { files } = JSON.parse(body.toString()) as { files: { filename: string; url: string }[] }
      const [found] = files.filter(({ filename }) => filename === name)
      if (found === undefined) throw new Error(`${name} is not on the page of ${project}`)
      return new URL(found.url, `${index(i)}/${project}/`).href
    },
    log: () => readFileSync(logFile, 'utf8'),
    end: relay.end,
  }
}
