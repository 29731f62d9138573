import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { errorMessage, UserError } from '../../../../element-src/lib/base/errors.js'
import { type Index, officialIndex } from '../../../../element-src/lib/settings/index-list.js'
import { readMirrorsFile } from '../../../../element-src/lib/settings/mirrors-file/read-mirrors-file.js'
import { many, secretMark } from '../../../support/arbitrary/any.js'
import { mirrorsFiles } from '../../../support/arbitrary/mirrors-file.js'
import { type PythonConfig, readMany } from '../../../support/builds/python.js'

const now = new Date('2026-11-24T12:00:00Z')
const caller = { SECRET: `${secretMark}@/:%`, OTHER_SECRET: `${secretMark}\nnotes` }
const times: Readonly<Record<string, string>> = {
  '7 days': '2026-11-17T12:00:00.000Z',
  P2W: '2026-11-10T12:00:00.000Z',
  '2026-03-31T12:00:00Z': '2026-03-31T12:00:00.000Z',
}

const list = (value: string): readonly string[] =>
  value.split(/, /).map((name) => name.toLowerCase().replace(/[-_.]+/g, '-'))

/** What one section asks for, in the words of README's table of keys; a value in double quotes is JSON's. */
const asked = (path: string, name: string, written: Readonly<Record<string, string>>): Index => {
  const values = Object.fromEntries(
    Object.entries(written).map(([key, value]) => [key, value.startsWith('"') ? String(JSON.parse(value)) : value]),
  )
  const url = values['url'] ?? officialIndex
  const variable = values['password-env']
  const password = variable === 'SECRET' ? caller.SECRET : secretMark
  return {
    url,
    scheme: 'https',
    host: new URL(url).hostname,
    label: url,
    isOfficial: name === 'official',
    name,
    source: `${path}, [${name}]`,
    ...(variable === undefined
      ? {}
      : { credentials: { username: values['username'] ?? '', password, key: 'password-env' } }),
    ...(/^(?:yes|true)$/.test(values['trusted'] ?? '') ? { trusted: true } : {}),
    ...(values['projects'] === undefined ? {} : { projects: list(values['projects']) }),
    ...(values['exclude'] === undefined ? {} : { exclude: list(values['exclude']) }),
    ...(values['exclude-newer'] === undefined ? {} : { excludeNewer: times[values['exclude-newer']] ?? 'none' }),
  }
}

const attempt = (path: string, text: string): readonly Index[] | UserError => {
  writeFileSync(path, text)
  try {
    return readMirrorsFile(path, [], caller, now).indexes
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
}

t.test(
  'whatever a mirrors file holds, it is refused by line, or gives exactly the indexes that were asked for',
  async (t) => {
    const path = join(t.testdir({}), 'mirrors.ini')
    const texts = many(t, mirrorsFiles, 1000)
    const results = texts.map((text) => attempt(path, text))
    // Python's parser has the same format, and none of ini's oddities.
    const read = readMany(texts.map((text) => ({ parser: 'RawConfigParser', text })))
    let taken = 0
    const complain = (why: string, text: string, found: unknown): void => {
      t.fail(why, { text: JSON.stringify(text), found })
    }
    for (const [i, result] of results.entries()) {
      const text = texts[i] ?? ''
      if (result instanceof UserError) {
        const said = errorMessage(result)
        if (!/^\S+\/mirrors\.ini(?:, line [0-9]+: | is not UTF-8: )\S/.test(said))
          complain('the refusal names file and line', text, said)
        if (/[\r\n\u2028]/.test(said) || said.includes(`${secretMark}@`))
          complain('it is one line without password', text, said)
        continue
      }
      taken += 1
      const config: PythonConfig = read[i] ?? {}
      const expected = Object.entries(config).map(([name, values]) => asked(path, name, values))
      // As the relay is told of them.
      if (!isDeepStrictEqual(JSON.parse(JSON.stringify(result)), expected))
        complain('the indexes', text, { result, expected })
    }
    t.ok(taken > 100 && texts.length - taken > 100, `${taken} are taken, ${texts.length - taken} refused`)
  },
)
