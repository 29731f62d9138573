import t from 'tap'
import { readBody } from '../../../element-src/lib/http/http-body.js'
import { type Head, readHead } from '../../../element-src/lib/http/http-head.js'

const read = (text: string, hasEnded = false): Head | undefined => readHead(Buffer.from(text, 'latin1'), hasEnded)

t.test('heads that Python reads', async (t) => {
  for (const [what, text, status] of [
    ['the usual', 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n', 200],
    ['LF alone', 'HTTP/1.0 404 Not Found\nA: b\n\n', 404],
    ['no reason', 'HTTP/1.1 503\r\n\r\n', 503],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n', 101],
    ['an interim answer before it', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n', 204],
    ['a long head', `HTTP/1.1 200 OK\r\n${`X: ${'x'.repeat(60_000)}\r\n`.repeat(90)}\r\n`, 200],
  ] as const) {
    const head = read(text)
    t.equal(head?.status, status, what)
    t.equal(head?.end, text.length, what)
  }
  t.equal(read('HTTP/1.1 200 OK\r\nA: b', true)?.status, 200, 'that end without an empty line')
  t.same(
    read('HTTP/1.1 200 OK\r\nno header\r\nX Odd : 1\r\nX-Devpi-API-Version:2\r\nx-devpi-api-version: 3\r\n\r\n')
      ?.headers,
    new Map([
      ['x odd', '1'],
      ['x-devpi-api-version', '2'],
    ]),
  )
})

t.test('what is not all here', async (t) => {
  for (const text of ['', 'HT', 'HTTP/1.1 200 OK', 'HTTP/1.1 200 OK\r\nA: b\r\n', 'HTTP/1.1 100 Continue\r\n\r\n']) {
    t.equal(read(text), undefined, JSON.stringify(text))
  }
})

t.test('what is no HTTP, told at once', async (t) => {
  for (const text of [
    '220 mail',
    '\r\n',
    'HTTP/2 200\r\n\r\n',
    'HTTP/1.1 OK\r\n\r\n',
    `HTTP/1.1 ${'x'.repeat(70_000)}`,
  ]) {
    t.throws(() => read(text), { name: 'NotHttpError' }, text.slice(0, 20))
  }
})

t.test('bodies', async (t) => {
  const body = (headers: Record<string, string>, text: string, status = 200) =>
    readBody({ status, headers: new Map(Object.entries(headers)), end: 0 }, Buffer.from(text))
  t.same(body({ 'content-length': '3' }, 'abcdef'), { text: 'abc', isWhole: true })
  t.same(body({ 'content-length': '9' }, 'abc'), { text: 'abc', isWhole: false })
  t.same(body({}, 'abc'), { text: 'abc', isWhole: false })
  const chunked = { 'transfer-encoding': 'chunked', 'content-length': '1' }
  t.same(body(chunked, '3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'), { text: 'abcde', isWhole: true })
  t.same(body(chunked, '3\nabc\n2\nd'), { text: 'abcd', isWhole: false })
  t.same(body({}, 'abc', 304), { text: '', isWhole: true })
})
