import t from 'tap'
import { mergeUvEdits } from '../../../../element-src/lib/config/uv/merge-edits.js'
import { renderUvToml } from '../../../../element-src/lib/config/uv/uv-toml.js'
import { indexAt } from '../../../../element-src/lib/settings/index-list.js'

const settings = {
  indexes: ['http://b/simple', 'http://u:secret@a/simple'].map((url) => indexAt(url)),
  unverifiedHosts: [],
  trustedHosts: [],
  retries: undefined,
  unreachable: 'drop',
} as const
const path = '/root/.config/uv/uv.toml'

/** What the image's file becomes, by what a hook does to ours. */
const merge = (own: string, change: (mounted: string) => string): string | undefined => {
  const mounted = renderUvToml(settings, { path, own: own === '' ? undefined : own }, { folder: '/cache' })
  return mergeUvEdits({ credentials: ['//u:secret@'], own, mounted, edited: change(mounted) })
}

const own = `# the image's own
offline = true # for now
concurrent-builds = 2

# of pip
[pip]
# why
no-deps = true
extra-index-url = ["http://own/simple"]

[[index]]
url = "http://own/simple"
`

t.test("nothing changed, or nothing of another's", async (t) => {
  t.equal(
    merge('', (mounted) => mounted),
    undefined,
  )
  t.equal(
    merge(own, (mounted) => mounted),
    undefined,
  )
  t.equal(
    merge(own, (mounted) => mounted.replace(/^#.*\n/gm, '')),
    undefined,
    'but comments',
  )
  t.equal(
    merge(own, () => own),
    undefined,
    "what the image's own says already",
  )
})

t.test('added lines go into the image, comments and all, ours do not', async (t) => {
  t.equal(
    merge('', (mounted) => `native-tls = true\n${mounted}# why\n[pip]\nno-deps = true\n`),
    'native-tls = true\n# why\n[pip]\nno-deps = true\n',
  )
  t.equal(
    merge('', () => 'offline = true\n'),
    'offline = true\n',
    'written anew',
  )
  t.equal(
    merge(own, () => 'offline = false\n'),
    'offline = false\n',
    'written anew',
  )
  const table = '\n# mirrors of Python\n[[python-downloads]]\nurl = "x"\n'
  t.equal(
    merge(own, (mounted) => mounted + table),
    own + table,
  )
})

t.test("a key that the image's own file has as well is changed on its own line", async (t) => {
  t.equal(
    merge(own, (mounted) => mounted.replace('offline = true', 'offline = false')),
    own.replace('offline = true # for now', 'offline = false'),
  )
  t.equal(
    merge(own, (mounted) => `native-tls = true\n${mounted}`),
    `native-tls = true\n${own}`,
  )
  t.equal(
    merge(own, (mounted) => mounted.replace('no-deps = true\n', 'no-deps = true\nstrict = true\n')),
    own.replace('["http://own/simple"]\n', '["http://own/simple"]\nstrict = true\n'),
  )
  t.equal(
    merge('[pip]\nno-deps = true\n', (mounted) => mounted.replace('[pip]', 'offline = true\n[pip]')),
    'offline = true\n[pip]\nno-deps = true\n',
  )
})

t.test('what a hook deletes is deleted, with its comment', async (t) => {
  t.equal(
    merge(own, (mounted) => mounted.replace(/offline.*\n/, '').replace('no-deps = true\n', '')),
    own.replace(/# the image's own\noffline.*\n/, '').replace('# why\nno-deps = true\n', ''),
  )
})

t.test('a list of ours that a hook made longer makes the own one longer', async (t) => {
  const longer = (mounted: string) => mounted.replace('["http://b/simple"]', '["http://b/simple", "http://theirs"]')
  t.equal(merge('', longer), 'extra-index-url = [ "http://theirs" ]\n')
  t.equal(merge('extra-index-url = ["http://own"]\n', longer), 'extra-index-url = [ "http://own", "http://theirs" ]\n')
  const index = '[[index]]\nurl = "http://theirs"\n'
  t.equal(
    merge('offline = true\n', (mounted) => mounted + index),
    `offline = true\n${index}`,
  )
})

t.test('what cannot go into the image is refused', async (t) => {
  const fails = (own: string, change: (mounted: string) => string, message: RegExp) =>
    t.throws(() => merge(own, change), { name: 'UserError', message })
  fails(own, (mounted) => `${mounted}offline = `, /^what another hook made of uv\.toml is no TOML .*line/)
  fails('offline = true\n', (mounted) => `${mounted}offline = false\n`, /is no TOML/)
  fails('', (mounted) => `${mounted}publish-url = "http://u:secret@a/simple"\n`, /publish-url in uv\.toml/)
  t.equal(
    merge('', (mounted) => `${mounted}publish-url = "http://a/up"\n`),
    'publish-url = "http://a/up"\n',
  )
})
