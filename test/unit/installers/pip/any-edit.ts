import fc from 'fast-check'
import t from 'tap'
import { parseConfigFile } from '../../../../element-src/lib/installers/pip/config-file.js'
import { credentialsIn, mergeEdits } from '../../../../element-src/lib/installers/pip/merge-edits.js'
import { renderPipConf } from '../../../../element-src/lib/installers/pip/pip-conf.js'
import { indexAt } from '../../../../element-src/lib/settings/indexes.js'
import { configTexts, many, type Sections, secretMark, sections } from '../../../support/arbitrary/any.js'
import { type PythonConfig, readMany } from '../../../support/builds/python.js'

const asLines = (value: string): string =>
  value
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .join('\n')

/** Sections with their keys in an order of their own; empty lines in values are nothing. */
const normalise = (config: PythonConfig | Sections): Sections =>
  Object.fromEntries(
    Object.entries(config)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, keys]) => [
        name,
        Object.fromEntries(
          Object.entries(keys)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, value]) => [key, asLines(value)]),
        ),
      ]),
  )

t.test('whatever a file says, it is read as Python reads it', async (t) => {
  const texts = many(t, configTexts, 4000)
  const read = readMany(texts.map((text) => ({ parser: 'RawConfigParser', text })))
  const right = texts.flatMap((text, i) => (read[i] === undefined ? [] : [{ text, expected: normalise(read[i]) }]))
  t.ok(right.length > 500, `${right.length} of ${texts.length} are files that Python reads`)
  for (const { text, expected } of right) {
    const { entries, sections: names } = parseConfigFile(text)
    const found: Record<string, Record<string, string>> = Object.fromEntries(names.map((name) => [name, {}]))
    for (const { section, key, value } of entries) (found[section] ?? {})[key] = value
    const actual = normalise(found)
    if (JSON.stringify(actual) !== JSON.stringify(expected)) t.fail('reads otherwise', { text, actual, expected })
  }
})

/** As Python's own writer writes it. */
const write = (config: Sections): string =>
  Object.entries(config)
    .map(([name, keys]) => {
      const lines = Object.entries(keys).map(([key, value]) => `${key} = ${value.replaceAll('\n', '\n\t')}\n`)
      return `[${name}]\n${lines.join('')}\n`
    })
    .join('')

/** The keys of both, those of the second where both have them. */
const overlay = (first: Sections, second: Sections): Sections => ({
  ...first,
  ...Object.fromEntries(Object.entries(second).map(([name, keys]) => [name, { ...first[name], ...keys }])),
})

t.test(
  "whatever another hook sets in our file, it is in the image's, with the image's own, and none of ours",
  async (t) => {
    const laid = renderPipConf(
      {
        indexes: [`https://user:${secretMark}%40@mirror.example/simple`, 'file:///tmp/pypi'].map(indexAt),
        retries: 0,
        trustedHosts: ['t.example'],
        unverifiedHosts: [],
        unreachable: 'drop',
      },
      new Map(),
    )
    const [ours = {}] = readMany([{ parser: 'RawConfigParser', text: laid }])
    const copies = fc.constantFrom<Sections>(
      {},
      {},
      { install: { 'index-url': `https://user:${secretMark}%40@mirror.example/simple/` } },
      { list: { 'client-cert': `http://user:${secretMark}@@elsewhere.example/` } },
    )
    const kind = fc.tuple(sections, sections, copies, fc.constantFrom('set', 'set', 'written anew'))
    const cases = many(t, kind, 2000).map(([own, changes, copied, how]) => {
      const written = overlay(changes, copied)
      const edited = how === 'set' ? write(overlay(ours, written)) : write(written)
      const states = { own: write(own), laid, edited, credentials: credentialsIn([laid]) }
      const isSet = Object.values(changes).some((keys) => Object.keys(keys).length > 0)
      const isAnew = how === 'written anew' && Object.keys(copied).length === 0
      const expected = isAnew ? changes : isSet ? overlay(own, changes) : undefined
      return { states, expected, merged: mergeEdits(states) }
    })
    const read = readMany(cases.map(({ merged }) => ({ parser: 'RawConfigParser', text: merged ?? '' })))
    t.ok(cases.filter(({ merged }) => merged !== undefined).length > 1000)
    cases.forEach(({ states, expected, merged }, i) => {
      const isSame =
        expected === undefined
          ? merged === undefined
          : JSON.stringify(withoutEmpty(normalise(read[i] ?? {}))) === JSON.stringify(withoutEmpty(normalise(expected)))
      if (!isSame) t.fail('is merged otherwise', { ...states, merged, expected })
      if (merged?.includes(secretMark)) t.fail('holds our password', { ...states, merged })
    })
  },
)

/** A section without keys says nothing. */
const withoutEmpty = (config: Sections): Sections =>
  Object.fromEntries(Object.entries(config).filter(([, keys]) => Object.keys(keys).length > 0))
