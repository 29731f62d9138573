import { execFileSync } from 'node:child_process'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { readWheelMetadata, watchWheel } from '../../../element-src/lib/index/wheel-metadata.js'
import { many } from '../../support/arbitrary/any.js'

const metadata = 'Metadata-Version: 2.1\nName: demo\nVersion: 1\nRequires-Dist: other\n'

/** Zips by Python's zipfile: each the text of a program whose `z` is an open ZipFile. */
const zips = (programs: readonly string[]): readonly Buffer[] =>
  JSON.parse(
    execFileSync(
      'python3',
      [
        '-c',
        `
import base64, io, json, sys, zipfile
def made(program):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', zipfile.ZIP_DEFLATED) as z:
        z.writestr('demo/__init__.py', 'x = 1')
        exec(program)
    return base64.b64encode(buffer.getvalue()).decode()
json.dump([made(program) for program in json.load(sys.stdin)], sys.stdout)`,
      ],
      { input: JSON.stringify(programs), encoding: 'utf8', maxBuffer: 1e8 },
    ),
  ).map((text: string) => Buffer.from(text, 'base64'))

const write = (folder = 'demo-1.dist-info', text = JSON.stringify(metadata)) =>
  `z.writestr('${folder}/METADATA', ${text})`
const read = async (wheel: Buffer): Promise<string | undefined> =>
  (await readWheelMetadata(async (at, length) => wheel.subarray(at, at + length), wheel.length))?.toString()

t.test("a wheel's metadata is read out of it as Python's zipfile wrote it", async (t) => {
  const wheels = zips([
    write(),
    `z.writestr(zipfile.ZipInfo('demo-1.dist-info/METADATA'), ${JSON.stringify(metadata)})`,
    `z.comment = b'PK' * 30000; ${write()}`,
    `${write()}; ${write('demo/vendored/other-2.dist-info', '"Name: other"')}`,
  ])
  for (const wheel of wheels) t.equal(await read(wheel), metadata)
  t.equal(
    await read(Buffer.concat([Buffer.from('#!/bin/sh\n'), wheels[0] ?? Buffer.alloc(0)])),
    metadata,
    'behind a head',
  )
})

t.test('it is read on the way of a wheel that is passed on, if it is among the last 256 KB', async (t) => {
  const big = "z.writestr('demo/big', __import__('os').urandom(600_000))"
  const [small = Buffer.alloc(0), end = Buffer.alloc(0), beginning = Buffer.alloc(0)] = zips([
    write(),
    `${big}; ${write()}`,
    `${write()}; ${big}`,
  ])
  for (const [wheel, length, told] of [
    [small, 7, metadata],
    [end, 1000, metadata],
    [end, 1_000_000, metadata],
    [beginning, 1000, undefined],
  ] as const) {
    const parts = Array.from({ length: Math.ceil(wheel.length / length) }, (_, i) =>
      wheel.subarray(i * length, (i + 1) * length),
    )
    const [passed, seen]: [Buffer[], (string | undefined)[]] = [[], []]
    for await (const chunk of watchWheel(Readable.from(parts), (bytes) => seen.push(bytes?.toString())))
      passed.push(chunk)
    t.ok(Buffer.concat(passed).equals(wheel))
    t.same(seen, [told])
  }
})

t.test('what does not tell one metadata of at most 8 MB tells none', async (t) => {
  const [none, two, bomb, zip64] = zips([
    '',
    `${write()}; ${write('other-1.dist-info')}`,
    write(undefined, '"x" * (8 * 1024 * 1024 + 1)'),
    `${write()}; zipfile.ZIP_FILECOUNT_LIMIT = 0`,
  ])
  for (const wheel of [none, two, bomb, zip64, Buffer.alloc(0), Buffer.from('<html>not found')])
    t.equal(await read(wheel ?? Buffer.alloc(0)), undefined)
})

t.test('a wheel that is cut off or broken anywhere is no error', async (t) => {
  const [wheel = Buffer.alloc(0)] = zips([write()])
  for (let length = 0; length < wheel.length; length += 1) t.equal(await read(wheel.subarray(0, length)), undefined)
  const changes = fc.array(fc.tuple(fc.nat(wheel.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
  for (const change of many(t, changes, 1000)) {
    const broken = Buffer.from(wheel)
    for (const [at, byte] of change) broken[at] = byte
    await read(broken)
  }
})
