import fc from 'fast-check'
import t from 'tap'
import { merge, secretsIn } from '../../../../element-src/lib/config/merge.js'
import {
  downloadingCommands,
  indexOptions,
  optionOf,
  parseConfigFile,
} from '../../../../element-src/lib/config/pip/config-file.js'
import {
  renderEtcPipConf,
  renderPipConf,
  renderSystemPipConf,
} from '../../../../element-src/lib/config/pip/pip-conf.js'
import { indexAt, urlWithCredentials } from '../../../../element-src/lib/settings/index-list.js'
import type { PipSettings } from '../../../../element-src/lib/settings/settings.js'
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
  const texts = many(t, configTexts, 2000)
  const read = readMany(texts.map((text) => ({ parser: 'RawConfigParser', text })))
  const right = texts.flatMap((text, i) => (read[i] === undefined ? [] : [{ text, expected: normalise(read[i]) }]))
  t.ok(right.length > 250, `${right.length} of ${texts.length} are files that Python reads`)
  texts.forEach((text, i) => {
    const { faults } = parseConfigFile(text)
    if (faults.length > 0 !== (read[i] === undefined)) t.fail('is refused otherwise than by Python', { text, faults })
  })
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

const settings: PipSettings = {
  indexes: [`https://user:${secretMark}%40@mirror.example/simple`, 'file:///tmp/pypi'].map((url) => indexAt(url)),
  retries: 0,
  trustedHosts: ['t.example'],
  unverifiedHosts: [],
  unreachable: 'drop',
}
const path = '/root/.pip/pip.conf'
const secrets = secretsIn(settings.indexes.map(urlWithCredentials))

/** Keys of an image's own file that ours replace, in each spelling. */
const competing: fc.Arbitrary<Sections> = fc.dictionary(
  fc.constantFrom('global', 'install', 'download', 'list', 'DEFAULT'),
  fc.dictionary(
    fc.constantFrom('index-url', 'index_url', '--pypi-url', 'extra-index-url', 'no-index', 'trusted-host', 'log-file'),
    fc.constantFrom('http://own.example/simple', 'own.example', '1'),
    { maxKeys: 3 },
  ),
  { maxKeys: 3 },
)

t.test("whatever the image's own file says, ours keep all but what takes the mirrors away", async (t) => {
  const owns = many(t, fc.tuple(sections, competing), 600).map(([keys, indexes]) => overlay(keys, indexes))
  const renderers: readonly ((own: string) => string)[] = [
    (own) => renderPipConf(settings, { path, own }, '/cache'),
    (own) => renderSystemPipConf(settings, { path, own }),
  ]
  for (const render of renderers) {
    const texts = owns.map((own) => render(write(own)))
    const read = readMany(texts.map((text) => ({ parser: 'RawConfigParser', text })))
    owns.forEach((own, i) => {
      const found = normalise(read[i] ?? {})
      const text = texts[i] ?? ''
      const complain = (why: string): unknown => t.fail(why, { own, text, found })
      if (text.includes('own.example')) complain('an index or a host of the own file is left')
      for (const [section, keys] of Object.entries(normalise(own))) {
        for (const [key, value] of Object.entries(keys)) {
          const isOurs = indexOptions.some((option) => option === optionOf(key)) || optionOf(key) === 'log'
          if (section !== 'DEFAULT' && !isOurs && found[section]?.[key] !== value) complain(`${section}.${key} is lost`)
        }
      }
      const ofIndexes = Object.values(found).flatMap((keys) =>
        Object.entries(keys).filter(([key, value]) => optionOf(key) === 'index-url' && !value.includes(secretMark)),
      )
      if (ofIndexes.length > 0) complain('another first index is left')
    })
  }
})

t.test('whatever /etc/pip.conf says, each command of pip has our indexes, hosts and log', async (t) => {
  const owns = many(t, fc.tuple(sections, competing), 600).map(([keys, indexes]) => write(overlay(keys, indexes)))
  const etc = '/etc/pip.conf'
  const stays = owns.filter((own) => renderEtcPipConf(settings, { path: etc, own }) === undefined)
  t.ok(stays.length > 60 && stays.length < owns.length - 60, `${stays.length} of ${owns.length} are not mounted over`)
  const texts = owns.flatMap((own) => [
    renderSystemPipConf(settings, { path, own: undefined }, [own]),
    renderEtcPipConf(settings, { path: etc, own }) ?? own,
  ])
  const read = readMany(texts.map((text) => ({ parser: 'RawConfigParser', text })))
  owns.forEach((own, i) => {
    for (const command of downloadingCommands) {
      // pip's order: [global] of all files, then the command's section of all files.
      const pairs = ['global', command].flatMap((section) =>
        read.slice(2 * i, 2 * i + 2).flatMap((file) => Object.entries(file?.[section] ?? {})),
      )
      const options = Object.fromEntries(pairs.map(([key, value]) => [optionOf(key), value]))
      const isOurs =
        options['index-url']?.includes(secretMark) &&
        options['extra-index-url']?.trim() === 'file:///tmp/pypi' &&
        options['trusted-host']?.trim() === 't.example' &&
        ['/dev/null', undefined].includes(options['log']) &&
        ['false', undefined].includes(options['no-index'])
      if (!isOurs) t.fail('another index, host or log is left', { own, command, options })
    }
  })
})

t.test(
  "whatever another hook sets or deletes in our file, so it is in the image's, with the image's own, and none of ours",
  async (t) => {
    const copies = fc.constantFrom<Sections>(
      {},
      {},
      { install: { 'index-url': `https://user:${secretMark}%40@mirror.example/simple/` } },
      { list: { 'client-cert': `http://user:${secretMark}@@elsewhere.example/` } },
    )
    const how = fc.constantFrom('set', 'set', 'deleted', 'written anew')
    const samples = many(t, fc.tuple(sections, sections, copies, how), 1000).map(([own, changes, copied, how]) => ({
      own,
      changes,
      copied,
      how,
      mounted: renderPipConf(settings, { path, own: write(own) }),
    }))
    const ours = readMany(samples.map(({ mounted }) => ({ parser: 'RawConfigParser', text: mounted })))
    const cases = samples.map(({ own, changes, copied, how, mounted }, i) => {
      const written = overlay(changes, copied)
      const isAnew = how === 'written anew'
      // Of the image's own keys, each second one.
      const gone = (name: string, key: string) => how === 'deleted' && own[name]?.[key] !== undefined && key < 'f'
      const left = (config: Sections): Sections =>
        Object.fromEntries(
          Object.entries(config).map(([name, keys]) => [
            name,
            Object.fromEntries(Object.entries(keys).filter(([key]) => !gone(name, key))),
          ]),
        )
      const states = {
        own: write(own),
        mounted,
        edited: isAnew ? write(written) : write(overlay(left(ours[i] ?? {}), written)),
      }
      // What the hook copied of ours is no change of the image's; a file with that alone says nothing else.
      const without = isAnew ? {} : left(own)
      const expected = isAnew && Object.keys(copied).length === 0 ? changes : overlay(without, changes)
      return {
        states,
        expected,
        merged: merge(
          { path, format: 'pip', content: states.mounted, own: states.own },
          states.own,
          states.edited,
          secrets,
        ),
      }
    })
    const read = readMany(
      cases.map(({ states, merged }) => ({ parser: 'RawConfigParser', text: merged ?? states.own })),
    )
    t.ok(cases.filter(({ merged, states }) => merged !== states.own).length > 500)
    cases.forEach(({ states, expected, merged }, i) => {
      const isSame =
        JSON.stringify(withoutEmpty(normalise(read[i] ?? {}))) === JSON.stringify(withoutEmpty(normalise(expected)))
      if (!isSame) t.fail('is merged otherwise', { ...states, merged, expected })
      if (merged?.includes(secretMark)) t.fail('holds our password', { ...states, merged })
    })
  },
)

/** A section without keys says nothing. */
const withoutEmpty = (config: Sections): Sections =>
  Object.fromEntries(Object.entries(config).filter(([, keys]) => Object.keys(keys).length > 0))
