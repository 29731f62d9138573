import type { LookupAddress } from 'node:dns'
import { readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { PerformanceObserver } from 'node:perf_hooks'
import t from 'tap'
import { readBody } from '../../../element-src/lib/http/body.js'
import { newClient } from '../../../element-src/lib/http/client.js'
import { newLookup } from '../../../element-src/lib/http/look-up.js'
import { listen } from '../../support/servers/listen.js'

const find = (
  node: readonly [string, ...string[]],
  host: string,
  signal = new AbortController().signal,
): Promise<readonly LookupAddress[]> =>
  new Promise((resolve, reject) => {
    newLookup(node, signal)(host, { all: true }, (error, addresses) =>
      error ? reject(error) : resolve(addresses as LookupAddress[]),
    )
  })

t.test('localhost needs no other process', async (t) => {
  const addresses = await find(['/nowhere/node'], 'localhost')
  t.same(
    addresses.map(({ address }) => address),
    ['127.0.0.1', '::1'],
  )
})

t.test("other names are looked up as the system's programs do it", async (t) => {
  const { hostname } = await import('node:os')
  const { lookup } = await import('node:dns/promises')
  const expected = await lookup(hostname(), { all: true }).catch(({ code }) => code)
  t.same(await find([process.execPath], hostname()).catch(({ code }) => code), expected)
  await t.rejects(find([process.execPath], 'nowhere.invalid'), { code: /^E/, syscall: 'getaddrinfo' })
})

t.test('a lookup that takes too long, or whose process cannot start, is given up', async (t) => {
  const stuck = find(['sh', '-c', 'exec sleep 20'], 'mirror.example', AbortSignal.timeout(200))
  await t.rejects(stuck, { code: 'ETIMEDOUT' })
  await t.rejects(find(['/nowhere/node'], 'mirror.example'), { code: 'ETIMEDOUT' })
})

t.test('an answer is remembered, a failure is not', async (t) => {
  for (const [answer, times] of [
    ['[{"address":"192.0.2.1","family":4}]', 1],
    ['"ENOTFOUND"', 2],
  ] as const) {
    const file = join(t.testdir(), 'asked')
    const lookup = newLookup(['sh', '-c', `echo >> ${file}; echo '${answer}'`], new AbortController().signal)
    for (const _i of [1, 2]) await new Promise((resolve) => lookup('mirror.example', { all: true }, resolve))
    t.equal(readFileSync(file, 'utf8').length, times, answer)
  }
})

t.test('connections that are made at one time look up their host once', async (t) => {
  const lookups: string[] = []
  const observer = new PerformanceObserver((list) => lookups.push(...list.getEntries().map(({ name }) => name)))
  observer.observe({ entryTypes: ['dns'] })
  const sockets = new Set<Socket>()
  const waiting: ServerResponse[] = []
  const server = createServer(({ socket }, response) => {
    sockets.add(socket)
    waiting.push(response)
    // None has another's connection.
    if (waiting.length === 8) for (const one of waiting) one.end('content')
  })
  const url = new URL(`http://localhost:${(await listen(t, server)).port}/`)
  const { request } = newClient({ environment: {}, trustedHosts: [], asker: 'host' })
  const get = async () =>
    readBody((await request(url, { headers: {}, signal: AbortSignal.timeout(600_000) })).body, 1_000)
  await Promise.all(Array.from({ length: 8 }, get))
  t.equal(sockets.size, 8, 'each has a connection of its own')
  lookups.push(...observer.takeRecords().map(({ name }) => name))
  observer.disconnect()
  t.same(lookups, ['lookup'])
})
