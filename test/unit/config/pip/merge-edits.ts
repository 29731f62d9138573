import t from 'tap'
import { type Edited, mergeEdits } from '../../../../element-src/lib/config/pip/merge-edits.js'
import { credentialsIn } from '../../../../element-src/lib/http/credentials.js'
import { readAsPip } from '../../../support/builds/python.js'

const mounted = '# note\n[global]\nindex-url = http://mirror\nextra-index-url =\n    http://b\n    http://c\n'
const merge = (states: Omit<Edited, 'credentials'>): string | undefined =>
  mergeEdits({ ...states, credentials: credentialsIn([states.mounted]) })
/** What `pip config set` makes of our file: Python's own writer drops comments and indents with tabs. */
const rewritten = (added: string) =>
  `[global]\nindex-url = http://mirror\nextra-index-url = \n\thttp://b\n\thttp://c\n${added}\n`

t.test('nothing was changed', async (t) => {
  t.equal(merge({ own: '', mounted, edited: mounted }), undefined)
  t.equal(merge({ own: 'x', mounted: '', edited: '' }), undefined)
  t.equal(merge({ own: '', mounted, edited: rewritten('') }), undefined, 'written anew, with nothing of the hook in it')
})

t.test('lines at the end, without a file of the image', async (t) => {
  t.equal(merge({ own: '', mounted, edited: `${mounted}timeout = 60\n` }), '[global]\ntimeout = 60\n')
  t.equal(
    merge({ own: '', mounted, edited: `${mounted}# for the image\n[install]\nuser = yes\n` }),
    '# for the image\n[install]\nuser = yes\n',
  )
  t.equal(merge({ own: '', mounted: '', edited: '[global]\ntimeout = 60\n' }), '[global]\ntimeout = 60\n')
})

t.test("lines at the end go into the image's own file", async (t) => {
  const own = '; own\n[global]\nproxy = p\n\n[list]\nformat = columns\n'
  const merged = merge({ own, mounted, edited: `${mounted}timeout = 60\n[install]\nuser = yes\n` }) ?? ''
  t.equal(merged, '; own\n[global]\nproxy = p\ntimeout = 60\n\n[list]\nformat = columns\n[install]\nuser = yes\n')
  t.same(readAsPip(merged), {
    global: { proxy: 'p', timeout: '60' },
    list: { format: 'columns' },
    install: { user: 'yes' },
  })
})

t.test('pip config set', async (t) => {
  t.same(readAsPip(merge({ own: '', mounted, edited: rewritten('timeout = 60\n') }) ?? ''), {
    global: { timeout: '60' },
  })
  t.equal(
    merge({ own: '[global]\ntimeout = 5\nproxy = p', mounted, edited: rewritten('timeout = 60\n') }),
    '[global]\ntimeout = 60\nproxy = p',
  )
})

t.test('a key that a hook set to nothing', async (t) => {
  const own = '[global]\nproxy = p\n'
  t.equal(merge({ own, mounted, edited: rewritten('find-links =\n') }), '[global]\nproxy = p\nfind-links = \n')
})

t.test("a key of ours with another value is the hook's", async (t) => {
  const edited = mounted.replace('http://mirror', 'http://production')
  t.equal(merge({ own: '', mounted, edited }), '[global]\nindex-url = http://production\n')
})

t.test('our URLs stay out of the image, also in a list that the hook made longer', async (t) => {
  const secret = mounted.replace('http://b', 'http://user:secret@b')
  const longer = secret.replace('    http://c\n', '    http://c\n    http://theirs\n')
  t.equal(merge({ own: '', mounted: secret, edited: longer }), '[global]\nextra-index-url = http://theirs\n')
  const moved = '[install]\nindex-url = http://user:secret@b\n'
  t.equal(merge({ own: '', mounted: secret, edited: moved }), undefined)
  t.equal(merge({ own: '', mounted: secret, edited: `${secret}${moved}timeout = 60\n` }), '[install]\ntimeout = 60\n')
})

t.test('a file that was written anew is taken as it is', async (t) => {
  const edited = '# production\n[global]\nindex-url = http://production\n'
  t.equal(merge({ own: '[global]\nproxy = p\n', mounted, edited }), edited)
  t.equal(merge({ own: '[global]\nproxy = p\n', mounted, edited: '' }), '', 'emptied')
})

t.test("what is written into an empty file of ours is added to the image's own", async (t) => {
  const edited = '[global]\ntimeout = 60\n'
  t.equal(merge({ own: '[global]\nproxy = p\n', mounted: '', edited }), '[global]\nproxy = p\ntimeout = 60\n')
  t.equal(merge({ own: '', mounted: '', edited: `# note\n${edited}` }), `# note\n${edited}`)
})

t.test('another URL that begins as one of ours does is not ours', async (t) => {
  const edited = mounted.replace('http://mirror\n', 'http://mirror.production/simple\n')
  t.equal(merge({ own: '', mounted, edited }), '[global]\nindex-url = http://mirror.production/simple\n')
  const below = rewritten('trusted-host = b\nfind-links =\n\thttp://mirror/\n\thttp://mirror/files')
  t.same(readAsPip(merge({ own: '', mounted, edited: below }) ?? ''), {
    global: { 'trusted-host': 'b', 'find-links': 'http://mirror/files' },
  })
})

t.test('our credentials stay out of the image in any spelling and at any address', async (t) => {
  const secret = mounted.replace('http://b', 'https://user:p%40ss@b/simple')
  const spellings = ['user:p%40ss', 'user:p%%40ss', 'user:p@ss']
  for (const spelling of spellings) {
    const elsewhere = `timeout = 60\nproxy = http://${spelling}@proxy.example/\n`
    t.equal(merge({ own: '', mounted: secret, edited: `${secret}${elsewhere}` }), '[global]\ntimeout = 60\n', spelling)
    const anew = `# https://${spelling}@b/simple\n[list]\nformat = columns\n`
    t.equal(merge({ own: '', mounted: secret, edited: anew }), '[list]\nformat = columns\n', `${spelling} in a comment`)
  }
  const other = 'index_url = https://user:p%%40ss@b/simple%(find_links)s'
  t.same(
    credentialsIn([secret]).filter((spelling) => !credentialsIn([other]).includes(spelling)),
    [],
    "found in easy_install's spelling as in pip's",
  )
})
