import t from 'tap'
import { lookUpAll } from '../../../element-src/lib/http/look-up.js'

t.test('addresses and localhost need no other process', async (t) => {
  const lookUp = lookUpAll(['/nowhere/node'], ['127.0.0.1', '::1', 'localhost'], AbortSignal.timeout(1000))
  t.same(await lookUp('127.0.0.1'), [{ address: '127.0.0.1', family: 4 }])
  t.same(await lookUp('::1'), [{ address: '::1', family: 6 }])
  t.same(
    (await lookUp('localhost')).map(({ address }) => address),
    ['127.0.0.1', '::1'],
  )
})

t.test("other names are looked up as the system's programs do it", async (t) => {
  const { hostname } = await import('node:os')
  const { lookup } = await import('node:dns/promises')
  const expected = await lookup(hostname(), { all: true }).catch(({ code }) => code)
  const lookUp = lookUpAll([process.execPath], [hostname(), 'nowhere.invalid'], AbortSignal.timeout(20_000))
  t.same(await lookUp(hostname()).catch(({ code }) => code), expected)
  await t.rejects(lookUp('nowhere.invalid'), { code: /^E/, syscall: 'getaddrinfo' })
})

t.test('a lookup that takes too long, or whose process cannot start, is given up', async (t) => {
  const stuck = lookUpAll(['sleep', '20'], ['mirror.example'], AbortSignal.timeout(200))
  await t.rejects(stuck('mirror.example'), { code: 'ETIMEDOUT' })
  const missing = lookUpAll(['/nowhere/node'], ['mirror.example'], AbortSignal.timeout(1000))
  await t.rejects(missing('mirror.example'), { code: 'ETIMEDOUT' })
})
