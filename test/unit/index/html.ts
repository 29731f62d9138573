import { execFileSync, spawnSync } from 'node:child_process'
import fc from 'fast-check'
import t from 'tap'
import { startTags } from '../../../element-src/lib/index/html.js'
import { many } from '../../support/arbitrary/any.js'

type Tags = readonly (readonly [string, Readonly<Record<string, string>>])[]

const tagsOf = (html: string): Tags =>
  [...startTags(html)]
    .filter(({ name }) => name === 'a' || name === 'base')
    .map(({ name, attributes }) => [name, { ...attributes }])

/** Reads pages as pip does: by the html.parser of a Python, of two attributes of one name the last. */
const byPython = (python: string, pages: readonly string[]): readonly Tags[] => {
  const program = `
import html.parser, json, sys
names = ('href', 'data-requires-python', 'data-yanked', 'data-core-metadata', 'data-dist-info-metadata')
class Reader(html.parser.HTMLParser):
    def handle_starttag(self, tag, attributes):
        if tag in ('a', 'base'):
            self.tags.append((tag, {name: value or '' for name, value in attributes if name in names}))
def read(page):
    reader = Reader()
    reader.tags = []
    reader.feed(page)
    reader.close()
    return reader.tags
json.dump([read(page) for page in json.load(sys.stdin)], sys.stdout)`
  return JSON.parse(
    execFileSync(python, ['-c', program], { input: JSON.stringify(pages), encoding: 'utf8', maxBuffer: 1e9 }),
  )
}

// What the html.parsers of Python 3.11.7, 3.12.1 and 3.13.0 agree on, and the newest, which reads as browsers do: no `--` in
// a comment, no tag that the page's end cuts off, no legacy name of a character right before a letter or `=`.
const word = fc.stringMatching(/^[a-z0-9:./?=#_~é-]{1,8}$/)
const entity = fc.oneof(
  fc.constantFrom(
    '&amp;',
    '&lt;',
    '&gt;',
    '&quot;',
    '&apos;',
    '&nbsp;',
    '&eacute;',
    '&period;',
    '&sol;',
    '&plus;',
    '&none;',
  ),
  fc.constantFrom('&copy ', '&amp ', '&lt.', '& ', '&', '&;', '&#;', '&#x;', '&hellip;', '&NewLine;'),
  fc.integer({ min: 0, max: 0x11ffff }).map((code) => `&#${code};`),
  fc.integer({ min: 0, max: 0x180 }).map((code) => `&#x${code.toString(16)};`),
  fc.integer({ min: 32, max: 126 }).map((code) => `&#${code} `),
)
const text = fc
  .array(fc.oneof(word, entity, fc.constantFrom(' ', '\n', '<', '>', '>=3.8', "'", '"', '</', '<>')))
  .map((parts) =>
    // What begins a tag by chance is no text.
    parts
      .join('')
      .replace(/<(?=[a-z/!?])/gi, '< ')
      .replace(/<$/, ''),
  )
const quoted = fc
  .tuple(fc.constantFrom('"', "'"), text)
  .map(([quote, value]) => `${quote}${value.replaceAll(quote, '')}${quote}`)
const bare = fc.array(fc.oneof(word, entity), { minLength: 1 }).map(
  (parts) =>
    parts
      .join('')
      .replace(/ /g, ';')
      .replace(/[\n"'<>`=]/g, '') || 'x',
)
const name = fc.constantFrom(
  'href',
  'HREF',
  'data-requires-python',
  'data-yanked',
  'data-core-metadata',
  'class',
  'rel',
  'href2',
)
const value = fc.oneof(
  fc.constant(''),
  fc.tuple(fc.constantFrom('=', ' = ', '=\n', '\t='), fc.oneof(quoted, quoted, bare)).map((parts) => parts.join('')),
)
const attribute = fc.tuple(fc.constantFrom(' ', '\n', '\t ', '  '), name, value).map((parts) => parts.join(''))
const startTag = fc
  .tuple(
    fc.constantFrom('a', 'A', 'base', 'abbr', 'p', 'br'),
    fc.array(attribute, { maxLength: 4 }),
    fc.constantFrom('', ' ', '\n', ' /'),
  )
  .map(([tag, attributes, end]) => `<${tag}${attributes.join('')}${end}>`)
const piece = fc.oneof(
  { weight: 5, arbitrary: startTag },
  { weight: 2, arbitrary: text },
  fc.constantFrom('</a>', '</A >', '</p>', '<!DOCTYPE html>', '<?php x ?>', '<br/>', '</>'),
  fc.tuple(text, startTag).map((parts) => `<!-- ${parts.join('').replace(/-{2,}/g, '')} -->`),
  fc
    .tuple(fc.constantFrom('script', 'style', 'SCRIPT'), startTag, text)
    .map(([tag, ...parts]) => `<${tag}>${parts.join('').replaceAll('</', '')}</${tag}>`),
)
const pages = fc
  .tuple(fc.array(piece, { maxLength: 12 }), fc.constantFrom('', '', '', '<a', '<script><a href=x>', '<base '))
  .map(([pieces, end]) => pieces.join('') + end)

t.test('whatever a page says, its links are those that Python finds', async (t) => {
  const texts = many(t, pages, 1500)
  const read = ['python3', 'python3.11', 'python3.12', 'python3.13']
    .filter((python) => spawnSync(python, ['-c', 'import html.parser']).status === 0)
    .map((python) => byPython(python, texts))
  let links = 0
  texts.forEach((page, i) => {
    const [expected = [], ...others] = read.map((all) => all[i])
    if (others.some((other) => JSON.stringify(other) !== JSON.stringify(expected))) return
    links += expected.length
    const actual = tagsOf(page)
    const sorted = (tags: Tags) => JSON.stringify(tags.map(([tag, all]) => [tag, Object.entries(all).sort()]))
    if (sorted(actual) !== sorted(expected)) t.fail('reads otherwise', { page, actual, expected })
  })
  t.ok(links > 1000, `${links} tags were compared`)
})

t.test('what is not closed hides the rest of a page, as browsers have it', async (t) => {
  const link = '<a href=x>'
  for (const open of ['<!--', '<a href="', "<a x='", '<script>', '<style>', '<!', '</'])
    t.same(tagsOf(`${link}${open}${open.length < 3 ? '' : link}`), [['a', { href: 'x' }]], open)
})

t.test('the time that a page takes grows as the page does', async (t) => {
  // Were one of these looked for to the end again and again, a page would take minutes.
  for (const open of ['<a x="', '<!--', '<!', '</', '<a ', '<script>', '<style><!--', "<a x=&'", '<a x= ', '&#'])
    t.same(tagsOf(open.repeat(1_000_000 / open.length)), [], open)
})
