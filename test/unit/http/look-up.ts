import type { LookupAddress } from 'node:dns'
import t from 'tap'
import { newLookup } from '../../../element-src/lib/http/connection.js'

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
