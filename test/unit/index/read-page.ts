import t from 'tap'
import { PageError } from '../../../element-src/lib/index/page.js'
import { readPage } from '../../../element-src/lib/index/read-page.js'
import { renderPage } from '../../../element-src/lib/index/render.js'

const address = new URL('https://index.example/simple/demo/')
const html = (text: string | Buffer, type = 'text/html') => readPage(Buffer.from(text), type, address)
const json = (files: readonly unknown[]) =>
  readPage(Buffer.from(JSON.stringify({ files })), 'application/vnd.pypi.simple.v1+json', address)
const wheel = 'demo-1.0-py3-none-any.whl'
const urls = (page: string): readonly string[] => html(page).files.map(({ url }) => url)

t.test('entities are decoded, and what is in comments and scripts does not count', async (t) => {
  const { files } = html(
    `<!-- <a href="old-1.zip">x</a> --><script>"<a href='js-1.zip'>"</script><a href="a-1.zip?x=1&amp;y" data-requires-python="&#62;=3.8,&lt;4" data-yanked="it&#39;s bad">x</a>`,
  )
  t.match(files, [
    {
      name: 'a-1.zip',
      url: 'https://index.example/simple/demo/a-1.zip?x=1&y',
      requiresPython: '>=3.8,<4',
      yanked: "it's bad",
    },
  ])
  t.equal(files.length, 1)
})

t.test('a hash is found wherever it stands in a fragment, and what else is there stays', async (t) => {
  const digits = 'A1'.repeat(32)
  const { files } = html(
    `<a href="a-1.zip#egg=a-1&sha256=${digits}"></a><a href='b-1.zip#sha256=${digits}&amp;subdirectory=src'></a><a href="c-1.zip#md5=0&sha256=odd"></a>`,
  )
  t.same(
    files.map(({ name, hashes, fragment }) => ({ name, hashes, fragment })),
    [
      { name: 'a-1.zip', hashes: { sha256: digits.toLowerCase() }, fragment: 'egg=a-1' },
      { name: 'b-1.zip', hashes: { sha256: digits.toLowerCase() }, fragment: 'subdirectory=src' },
      { name: 'c-1.zip', hashes: { md5: '0', sha256: 'odd' }, fragment: undefined },
    ],
    'one that is odd is no reason to do without',
  )
  const page = { files, links: [] }
  t.match(
    renderPage('a', page, ({ name }) => `x/${name}`, 'html'),
    `href="x/b-1.zip#sha256=${digits.toLowerCase()}&#38;subdirectory=src"`,
  )
  t.match(JSON.parse(renderPage('a', page, ({ name }) => `x/${name}`, 'json')).files[1], {
    url: 'x/b-1.zip#subdirectory=src',
    hashes: { sha256: digits.toLowerCase() },
  })
  t.match(json([{ filename: wheel, url: `${wheel}#sha256=${digits}` }]).files, [
    { hashes: { sha256: digits.toLowerCase() } },
  ])
})

t.test('the first of several base elements counts, for links before it as well', async (t) => {
  const page =
    '<a href="a-1.zip"></a><base target=x><base href="../files/"><base href="/other/"><a href="/b-1.zip"></a>'
  t.same(urls(page), ['https://index.example/simple/files/a-1.zip', 'https://index.example/b-1.zip'])
})

t.test('links are made absolute as URLs are', async (t) => {
  const links = [
    'a-1.zip',
    '../../p/a-1.zip',
    '/p/a-1.zip',
    '//h.example/a-1.zip',
    'HTTP://H.example:80/p/a-1.zip',
    'https://u:p@h.example/a-1.zip',
    './x/../a-1.zip',
    '../x/./a-1.zip',
    '../../../../a-1.zip',
    'a%20b/a-1.zip',
    'a b/a-1.zip',
    'x/%2e%2e/a-1.zip',
    'é/a-1.zip',
    '?q=a-1.zip',
    'x?y/a-1.zip',
    'file:///p/a-1.zip',
    'https://h.example/../a-1.zip',
    'https://H.example/a//a-1.zip',
    '\\p\\a-1.zip',
    'https:/p/a-1.zip',
    ' a-1.zip ',
  ]
  for (const link of links) {
    const expected = new URL(link, address).href
    t.same(urls(`<a href="${link}">`), expected.split('?')[0]?.endsWith('a-1.zip') ? [expected] : [], link)
    t.same(
      json([{ filename: 'a-1.zip', url: link }]).files.map(({ url }) => url),
      [expected],
      link,
    )
  }
  // Most links of a page begin alike, and are not looked at as URLs.
  const mixed = links.flatMap((link) => ['https://h.example/f/a-1.zip', link, `https://h.example/f/${link}`])
  t.same(
    json(mixed.map((url) => ({ filename: 'a-1.zip', url }))).files.map(({ url }) => url),
    mixed.map((link) => new URL(link, address).href),
  )
  t.same(
    urls('<a href="http://[/a-1.zip"><a href="https://a b/a-1.zip"><a href="http://1.2.3.4.5/a-1.zip">'),
    [],
    'no URL at all',
  )
})

t.test('names are as installers take them', async (t) => {
  const names = (page: string): readonly string[] => html(page).files.map(({ name }) => name)
  t.same(
    names(
      '<a href="files%2Fsub%2Fa-1.zip"><a href="b-1%2Blocal.zip"><a href="c-1.zip/"><a href="%ff-1.zip"><a href="notes.txt">',
    ),
    ['a-1.zip', 'b-1+local.zip', 'c-1.zip'],
  )
  const { files } = json([
    { filename: wheel, url: 'https://h.example/blob/42' },
    { url: 'b-1.zip' },
    { filename: '../x-1.zip', url: 'x' },
  ])
  t.match(files, [{ name: wheel, url: 'https://h.example/blob/42' }, { name: 'b-1.zip' }])
  t.equal(files.length, 2)
})

t.test('links to repositories, and with #egg=, are passed on as they are', async (t) => {
  const vcs = 'git+https://h.example/demo.git@v1#egg=demo-1'
  const egg = 'https://h.example/tarball/master#egg=demo-dev'
  const page = html(
    `<a href="${vcs}">demo</a><a href="${egg}" data-yanked>x</a><a href="git+https://h.example/demo-1.0.zip">y</a><a href="/about#egg">z</a>`,
  )
  t.same(page.files, [])
  t.match(page.links, [
    { name: 'demo-1', url: vcs },
    { name: 'demo-dev', url: egg, yanked: true },
    { url: 'git+https://h.example/demo-1.0.zip' },
  ])
  t.equal(page.links.length, 3)
  const again = html(renderPage('demo', page, () => '', 'html'))
  t.same(
    again.links.map(({ url }) => url),
    page.links.map(({ url }) => url),
  )
  t.same(JSON.parse(renderPage('demo', page, () => '', 'json')).files[0], { filename: 'demo-1', url: vcs, hashes: {} })
})

t.test('a page is decoded by its byte order mark, then by its charset, else as UTF-8', async (t) => {
  const page = '<a href="a-1.zip" data-yanked="é">x</a>'
  const yanked = (bytes: Buffer, type?: string) => html(bytes, type).files[0]?.yanked
  t.equal(yanked(Buffer.from(page)), 'é')
  t.equal(yanked(Buffer.from(`\ufeff${page}`), 'text/html; charset=latin-1'), 'é')
  t.equal(yanked(Buffer.from(page, 'latin1'), 'text/html; Charset="ISO-8859-1"'), 'é')
  t.equal(yanked(Buffer.from(`\ufeff${page}`, 'utf16le')), 'é')
  t.equal(yanked(Buffer.from(page), 'text/html; charset=none-such'), 'é')
  const text = JSON.stringify({ files: [{ filename: 'a-1.zip', url: 'a-1.zip' }] })
  t.equal(readPage(Buffer.from(`\ufeff${text}`), 'Application/JSON', address).files.length, 1)
})

t.test('what is not a page of PEP 691 is an error', async (t) => {
  for (const text of ['', 'x', '[]', '{"files":{}}', '{"projects":[]}'])
    t.throws(() => readPage(Buffer.from(text), 'application/vnd.pypi.simple.v1+json', address), PageError, text)
  t.same(json([null, 1, {}, { filename: 'a-1.zip' }, { filename: 'a-1.zip', url: 7 }]).files, [])
})

t.test('what JSON tells is read and written again', async (t) => {
  const file = {
    filename: wheel,
    url: 'https://index.example/demo.whl',
    hashes: { sha256: 'ab', md5: 'cd' },
    'requires-python': '>=3.8',
    yanked: 'why',
    'upload-time': '2024-01-02T03:04:05Z',
    size: 7,
    'core-metadata': { sha256: 'ef' },
    'dist-info-metadata': { sha256: 'ef' },
  }
  t.same(JSON.parse(renderPage('demo', json([file]), ({ url }) => url, 'json')).files, [file])
  const written = renderPage('demo', json([{ ...file, 'requires-python': '>3 & <4"é' }]), () => 'x?<', 'html')
  t.equal(
    written,
    `<!DOCTYPE html>\n<title>demo</title>\n<a href="x?&#60;#sha256=ab" data-requires-python="&#62;3 &#38; &#60;4&#34;&#233;" data-yanked="why" data-core-metadata="sha256=ef" data-dist-info-metadata="sha256=ef">${wheel}</a><br>\n`,
  )
})
