import { execFileSync } from 'node:child_process'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { Literal, parseToml, type TomlValue } from '../../../../element-src/lib/config/uv/read-toml.js'
import { isTable, writeToml } from '../../../../element-src/lib/config/uv/toml.js'
import { many } from '../../../support/arbitrary/any.js'

/** Reads many texts by Python's tomllib (TOML 1.0); null for one that it refuses. Numbers, dates and times say what they are. */
const readByPython = (texts: readonly string[]): readonly unknown[] =>
  JSON.parse(
    execFileSync(
      '/usr/bin/python3',
      [
        '-c',
        `import json, sys
try:
    import tomllib
except ImportError:
    from pip._vendor import tomli as tomllib
def told(value):
    if isinstance(value, dict):
        return {key: told(one) for key, one in value.items()}
    if isinstance(value, list):
        return [told(one) for one in value]
    if isinstance(value, (str, bool)):
        return value
    return [type(value).__name__, repr(value) if isinstance(value, (int, float)) else '']
def read(text):
    try:
        return told(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)`,
      ],
      { input: JSON.stringify(texts), encoding: 'utf8', maxBuffer: 1 << 28 },
    ),
  )

const kindOf = (text: string): string =>
  /^[+-]?\d+$/.test(text)
    ? 'int'
    : /^\d{4}-\d\d-\d\d$/.test(text)
      ? 'date'
      : /^\d\d:/.test(text)
        ? 'time'
        : /^\d{4}-/.test(text)
          ? 'datetime'
          : 'float'

/** A float as Python writes it, as far as both agree: its value. */
const sameNumber = (kind: string, text: string): string =>
  kind === 'int' ? String(BigInt(text)) : kind === 'float' ? String(Number(text.replace(/inf$/, 'Infinity'))) : ''

const utf8 = (text: string): string => Buffer.from(text, 'latin1').toString('utf8')

const told = (value: TomlValue): unknown => {
  if (typeof value === 'string') return utf8(value)
  if (typeof value === 'boolean') return value
  if (value instanceof Literal) return [kindOf(value.text), sameNumber(kindOf(value.text), value.text)]
  if (!isTable(value)) return value.map(told)
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [utf8(key), told(one)]))
}

const normalised = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    const [kind, text] = value as unknown[]
    return typeof kind === 'string' && typeof text === 'string' && /^(?:int|float|date|time|datetime)$/.test(kind)
      ? [kind, sameNumber(kind, text)]
      : value.map(normalised)
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, normalised(one)]))
    : value
}

/** As our reader is given a file: a character for each of its bytes. */
const readByUs = (text: string): unknown => {
  const values = parseToml(Buffer.from(text, 'utf8').toString('latin1'))
  return typeof values === 'number' ? null : told(values)
}

const keys = fc
  .array(fc.constantFrom('a', 'b', 'c', 'a', '"b"', "'c'", '1', 'a-b', '""', '"\\u0061"', '__proto__', 'é'), {
    minLength: 1,
    maxLength: 3,
  })
  .chain((parts) => fc.constantFrom('.', '.', ' . ').map((dot) => parts.join(dot)))

const scalars = fc.constantFrom(
  ...['true', 'false', 'True', '0', '-0', '+7', '1_000', '1__0', '_1', '01', '0x1F', '0xg', '0o17', '0b10', '-0x1'],
  ...['1.5', '1.', '.5', '1e5', '1E-0_5', '1_0.0_1e+2', 'inf', '-nan', '+inf', 'infinity', '1.e1'],
  ...['1979-05-27', '1979-02-30', '2000-02-29', '1979-05-27T07:32:00Z', '1979-05-27 07:32:00.5-07:00', '07:32:00'],
  ...['24:00:00', '07:32', '1979-05-27t07:32:00z', '1979-5-27', '07:32:00Z'],
  ...['""', "''", '"a"', "'a\\'", '"\\t\\\\\\""', '"\\u00e9\\U0001f40d"', '"\\ud800"', '"\\x41"', '"\\u123"', '"é€"'],
  ...[
    '"a\nb"',
    '"""a\nb"""',
    '"""\na""',
    '""""a""""',
    '"""a"""""',
    '"""a""""""',
    '"""a \\\n  b\\\r\n\n c"""',
    '"""\\ a"""',
  ],
  ...["'''a\nb'''", "'''\n'a''''", "'''a'''''", "'''a''''''", '"\u0001"', '"\u007f"', '"\t"', '"a\rb"', 'a', ''],
)
const values = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 5, arbitrary: scalars },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.array(tie('value'), { maxLength: 3 }), fc.constantFrom('[]', '[ ]', '[\n# one\n]', '[,]'))
        .map(([items, around]) => {
          const inside = around.slice(1, -1)
          return `[${inside.replace(',', '')}${items.join(`,${inside.replace(',', '')}`)}${inside === ',' ? ',' : ''}]`
        }),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.array(fc.tuple(keys, tie('value')), { maxLength: 3 }), fc.constantFrom('', '', ',', '\n'))
        .map(([pairs, end]) => `{ ${pairs.map(([key, value]) => `${key} = ${value}`).join(', ')}${end} }`),
    },
  ),
})).value

const lines = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(keys, values).map(([key, value]) => `${key} = ${value}`) },
  { weight: 3, arbitrary: keys.map((key) => `[${key}]`) },
  { weight: 2, arbitrary: keys.map((key) => `[[${key}]]`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '# note', '  # é', '\t', '# \u0001', 'a', '= 1', '[ a ] # b', '[a', '\r'),
  },
)
const texts = fc
  .array(lines, { maxLength: 6 })
  .chain((all) => fc.constantFrom('\n', '\n', '\r\n').map((end) => all.join(end)))

t.test("TOML is read as Python's tomllib does, and what that refuses is refused", async (t) => {
  const samples = [...many(t, texts, 3000), ...many(t, values, 1500).map((value) => `a = ${value}`)]
  const known = readByPython(samples)
  let taken = 0
  for (const [i, text] of samples.entries()) {
    const expected = normalised(known[i])
    if (expected !== null) taken += 1
    const found = readByUs(text)
    if (!isDeepStrictEqual(found, expected)) t.fail('is read otherwise', { text, found, expected }) || t.bailout()
  }
  t.ok(taken > 700 && samples.length - taken > 700, `${taken} of ${samples.length} are TOML`)
})

t.test('what is read and written again reads the same', async (t) => {
  const samples = many(t, texts, 1500)
  let written = 0
  for (const text of samples) {
    const read = parseToml(Buffer.from(text, 'utf8').toString('latin1'))
    if (typeof read === 'number') continue
    written += 1
    const again = parseToml(writeToml(read))
    if (!isDeepStrictEqual(again, read)) t.fail('is written otherwise', { text, written: writeToml(read) })
  }
  t.ok(written > 200, String(written))
  const known = samples.flatMap((text) => {
    const read = parseToml(Buffer.from(text, 'utf8').toString('latin1'))
    return typeof read === 'number' ? [] : [{ read, text: Buffer.from(writeToml(read), 'latin1').toString('utf8') }]
  })
  const byPython = readByPython(known.map(({ text }) => text))
  for (const [i, { read, text }] of known.entries())
    if (!isDeepStrictEqual(told(read), normalised(byPython[i]))) t.fail('Python reads it otherwise', { text })
})

t.test('the line of a fault is told', async (t) => {
  t.equal(parseToml('a = 1\n\nb = \n'), 3)
  t.equal(parseToml('[a]\nb = 1\n[a]\n'), 3)
})
