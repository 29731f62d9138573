import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { parse, stringify, type TomlTable } from 'smol-toml'
import t from 'tap'
import { merge } from '../../../../element-src/lib/config/merge.js'
import { renderUvToml } from '../../../../element-src/lib/config/uv/uv-toml.js'
import { indexAt } from '../../../../element-src/lib/settings/index-list.js'
import { many, secretMark } from '../../../support/arbitrary/any.js'

type Value = string | boolean | number | readonly string[]
type Keys = Readonly<Record<string, Value>>
interface Toml extends Readonly<Record<string, unknown>> {
  readonly pip?: Keys
}

const values: fc.Arbitrary<Value> = fc.oneof(
  fc.boolean(),
  fc.integer({ min: -9, max: 99 }),
  fc.constantFrom('', 'x', 'two\nlines', '# no comment', '[pip]', '"""', "it's"),
  fc.array(fc.constantFrom('a', 'b', ']', '#'), { maxLength: 3 }),
)
const keys = fc.dictionary(fc.constantFrom('offline', 'native-tls', 'strict', 'a', 'b', 'odd key'), values, {
  maxKeys: 4,
})
const tables: fc.Arbitrary<Toml> = fc
  .tuple(keys, fc.option(keys, { nil: undefined }))
  .map(([top, pip]) => (pip === undefined || Object.keys(pip).length === 0 ? top : { ...top, pip }))

/** As a user may write it: with comments, values over several lines, and keys with dots. */
const write = (toml: Toml, style: number): string => {
  const { pip, ...top } = toml
  const one = (key: string, value: unknown, inTable: string): string => {
    const name = /^[a-z-]+$/.test(key) ? key : JSON.stringify(key)
    const text =
      Array.isArray(value) && style % 2 === 1
        ? `[ # all\n${value.map((item) => `  ${JSON.stringify(item)}, # one\n`).join('')}]`
        : value === 'two\nlines' && style % 3 === 1
          ? '"""two\nlines"""'
          : JSON.stringify(value)
    return `${style % 2 === 0 ? '# note\n' : ''}${inTable}${name} = ${text}\n`
  }
  const lines = (of: object, inTable = '') =>
    Object.entries(of)
      .map(([key, value]) => one(key, value, inTable))
      .join('')
  if (pip === undefined) return lines(top)
  return style % 5 === 0 ? lines(top) + lines(pip, 'pip.') : `${lines(top)}\n[pip] # of pip\n${lines(pip)}`
}

const plain = (toml: unknown): TomlTable => JSON.parse(JSON.stringify(toml)) as TomlTable
const withoutEmpty = ({ pip, ...top }: Toml): Toml => (pip && Object.keys(pip).length > 0 ? { ...top, pip } : top)

const settings = {
  indexes: [`https://user:${secretMark}@mirror.example/simple`, 'file:///tmp/pypi'].map((url) => indexAt(url)),
  unverifiedHosts: [],
  trustedHosts: [],
  retries: undefined,
  unreachable: 'drop',
} as const

t.test(
  "whatever another hook sets or deletes in our uv.toml is so in the image's own, which has nothing of ours",
  async (t) => {
    const how = fc.constantFrom('set', 'deleted', 'appended')
    const samples = many(t, fc.tuple(tables, tables, how, fc.nat(29)), 800)
    let merges = 0
    for (const [own, changes, how, style] of samples) {
      const ownText = write(own, style)
      const mounted = renderUvToml(settings, { path: 'uv.toml', own: ownText })
      const ours = plain(parse(mounted)) as Toml
      t.ok(mounted.includes(secretMark)) || t.bailout()
      const gone = how === 'deleted' ? Object.keys(own).filter((key) => key < 'o' && key !== 'pip') : []
      const left = (toml: Toml): Toml => Object.fromEntries(Object.entries(toml).filter(([key]) => !gone.includes(key)))
      const overlay = (first: Toml, second: Toml): Toml => ({
        ...first,
        ...second,
        ...(first.pip || second.pip ? { pip: { ...first.pip, ...second.pip } } : {}),
      })
      const { pip: _, ...topChanges } = changes
      const isNew = Object.keys(topChanges).every((key) => !(key in own)) && own.pip === undefined
      const isAppended = how === 'appended' && isNew
      const edited = isAppended ? mounted + write(topChanges, style) : stringify(plain(overlay(left(ours), changes)))
      const expected = overlay(left(own), isAppended ? topChanges : changes)
      const states = { own: ownText, mounted, edited }
      const merged = merge({ path: 'uv.toml', format: 'uv', content: mounted, own: ownText }, ownText, edited, [
        secretMark,
      ])
      if (merged !== ownText) merges += 1
      const read = plain(parse(merged ?? ownText)) as Toml
      if (!isDeepStrictEqual(withoutEmpty(read), withoutEmpty(plain(expected) as Toml)))
        t.fail('is merged otherwise', { ...states, merged, expected })
      if (merged?.includes(secretMark)) t.fail('holds our password', { ...states, merged })
      const lost = ownText
        .split('\n')
        .filter((line) => line === '# note' && merged !== undefined && !merged.includes(line) && isAppended)
      if (lost.length > 0) t.fail('a comment is lost', { ...states, merged })
    }
    t.ok(merges > 400, `${merges} edits of ${samples.length}`)
  },
)
