import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { readSums } from '../../../element-src/lib/index/folder-records.js'
import { many } from '../../support/arbitrary/any.js'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const names = Array.from({ length: 8 }, (_, i) => `demo ${i}-1.${i}.zip`)

t.test('whatever a SHA256SUMS says, its lines are those that sha256sum takes', async (t) => {
  const folder = t.testdir(Object.fromEntries(names.map((name) => [name, name])))
  const line = fc
    .tuple(
      fc.constantFrom(...names),
      fc.constantFrom('  ', ' *'),
      fc.constantFrom('', '', './', './/', '././'),
      fc.boolean(),
    )
    .chain(([name, mark, way, isUpper]) => {
      const digits = isUpper ? sha256(name).toUpperCase() : sha256(name)
      const usual = `${digits}${mark}${way}${name}`
      return fc.constantFrom(
        usual,
        usual,
        `SHA256 (${way}${name}) = ${digits}`,
        ` \t${usual}`,
        `# ${usual}`,
        usual.slice(1),
        `${digits}`,
        `SHA256 (${name}) ${digits}`,
        'sum of it all',
        `MD5 (${name}) = ${digits.slice(32)}`,
      )
    })
  const files = many(t, fc.array(line, { minLength: 1, maxLength: 8 }), 25)
  for (const lines of files) {
    writeFileSync(join(folder, 'SHA256SUMS'), lines.map((text) => `${text}\n`).join(''))
    const { stdout, stderr } = spawnSync('sha256sum', ['--check', '--warn', 'SHA256SUMS'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    })
    const taken = new Set([...stdout.matchAll(/^'?(?:\.\/+)*(demo \d.*?)'?: OK$/gm)].map(([, name = '']) => name))
    const refused = [...stderr.matchAll(/: (\d+): improperly formatted/g)].map(([, number]) => Number(number))
    const { hashes, odd } = readSums(folder)
    const expected = [...taken].sort().map((name) => [name, sha256(name)])
    // Where it takes none at all it says only that.
    const isUseless = /no properly formatted/.test(stderr)
    if (JSON.stringify([...hashes].sort()) !== JSON.stringify(expected))
      t.fail('reads otherwise', { lines, stdout, hashes: [...hashes] })
    if (!isUseless && JSON.stringify(odd) !== JSON.stringify(refused))
      t.fail('refuses otherwise', { lines, stderr, odd })
  }
})

t.test('a byte order mark, CRLF and a last line without an end are no fault', async (t) => {
  const folder = t.testdir({
    SHA256SUMS: `\ufeff${sha256('a')}  a-1.zip\r\n${sha256('b').toUpperCase()}  b-1.zip\r\n${sha256('c')}  c-1.zip`,
  })
  const { hashes, odd } = readSums(folder)
  t.same(
    [...hashes],
    [
      ['a-1.zip', sha256('a')],
      ['b-1.zip', sha256('b')],
      ['c-1.zip', sha256('c')],
    ],
  )
  t.same(odd, [])
})
