import t from 'tap'
import { parseConfigFile } from '../../../../element-src/lib/config/pip/config-file.js'
import { readAsPip } from '../../../support/builds/python.js'

/** Files as users write them. Python's own parser says what is right. */
const files: Readonly<Record<string, string>> = {
  empty: '',
  'one key': '[global]\nindex-url = http://a\n',
  'no line break at the end': '[global]\nindex-url = http://a',
  'Windows line breaks': '[global]\r\nindex-url = http://a\r\ntimeout = 5\r\n',
  'a colon for the delimiter': '[global]\nindex-url: http://a:80/x=y\n',
  'no spaces': '[global]\nindex-url=http://a/?b=c;d#e\n',
  'characters that other dialects treat': '[global]\na = "quoted"\nb = x ; y # z\nc = %(d)s %40 &\n',
  'a list over several lines': '[global]\nextra-index-url =\n    http://a\n\thttp://b\ntimeout = 5\n',
  'a comment and an empty line in a list':
    '[global]\nextra-index-url =\n    http://a\n# note\n    ; note\n    http://b\n',
  'comments and several sections': '# note\n[global]\n; note\na = 1\n\n[install]\nb=2\n[list]\n',
  'capitals in a key': '[Global]\nIndex-URL = http://a\n',
  'an empty value': '[global]\nfind-links =\nno-index = \n',
  'a bracket in a value': '[global]\na = [x]\nb = y\n  [not-a-section]\n',
}

for (const [name, text] of Object.entries(files)) {
  t.test(name, async (t) => {
    const read: Record<string, Record<string, string>> = {}
    const { entries, sections } = parseConfigFile(text)
    for (const section of sections) read[section] = {}
    for (const { section, key, value } of entries) (read[section] ?? {})[key] = value
    const trimmed = Object.fromEntries(
      Object.entries(readAsPip(text)).map(([section, keys]) => [
        section,
        Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, value.trim()])),
      ]),
    )
    t.same(read, trimmed)
  })
}

t.test('an entry knows its lines', async (t) => {
  const { entries } = parseConfigFile('[a]\nx = 1\n  2\n# note\n  3\ny = 4\n')
  t.match(entries, [
    { key: 'x', value: '1\n2\n3', firstLine: 1, endLine: 5 },
    { key: 'y', value: '4', firstLine: 5, endLine: 6 },
  ])
})
