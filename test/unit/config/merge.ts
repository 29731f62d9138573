import t from 'tap'
import { isMadeOfOurs, merge, type OurFile, secretsIn } from '../../../element-src/lib/config/merge.js'
import { renderPipConf, renderPydistutilsCfg } from '../../../element-src/lib/config/pip/pip-conf.js'
import { renderUvToml } from '../../../element-src/lib/config/uv/uv-toml.js'
import { indexAt, officialIndex } from '../../../element-src/lib/settings/index-list.js'
import { readAsPip } from '../../support/builds/python.js'

const urls = ['http://mirror.example', 'https://user:p%40ss@b.example/simple', officialIndex]
const settings = {
  indexes: urls.map((url) => indexAt(url)),
  unverifiedHosts: [],
  trustedHosts: [],
  retries: undefined,
  unreachable: 'drop',
} as const
const secrets = secretsIn(urls)

/** Our file where the image's own says something, or has none. */
const pip = (own?: string): OurFile => {
  const path = '/root/.pip/pip.conf'
  return { path, format: 'pip', own, content: renderPipConf(settings, { path, own }, '/cache') }
}
const uv = (own?: string): OurFile => {
  const path = '/root/.config/uv/uv.toml'
  return { path, format: 'uv', own, content: renderUvToml(settings, { path, own }, '/cache') }
}

/** What the image's file becomes, and which keys are left out, by what a hook does to ours. */
const edit = (file: OurFile, change: (ours: string) => string) => {
  const leftOut: string[] = []
  const text = merge(file, file.own, change(file.content), secrets, (key) => leftOut.push(key))
  return { text: text === file.own ? undefined : text, leftOut }
}
const become = (file: OurFile, change: (ours: string) => string): string | undefined => edit(file, change).text

/** What `pip config set` makes of a file: Python's own writer drops comments and indents with tabs. */
const rewritten = (text: string, added = ''): string => {
  const sections = Object.entries(readAsPip(text + added))
  const lines = (keys: Readonly<Record<string, string>>) =>
    Object.entries(keys).map(([key, value]) => `${key} = ${value.replaceAll('\n', '\n\t')}\n`)
  return sections.map(([name, keys]) => `[${name}]\n${lines(keys).join('')}\n`).join('')
}

t.test('what nobody changed stays, also if a program wrote it anew', async (t) => {
  for (const file of [pip(), pip('[global]\nproxy = p\n'), uv(), uv('offline = true\n')]) {
    t.equal(
      become(file, (ours) => ours),
      undefined,
    )
    t.equal(
      become(file, (ours) => ours.replace(/^#.*\n/gm, '')),
      undefined,
      'but comments',
    )
    t.equal(
      become(file, () => file.own ?? file.content),
      undefined,
      "what the image's own says already",
    )
  }
  t.equal(
    become(pip(), (ours) => rewritten(ours)),
    undefined,
  )
})

t.test('public text is never taken for ours, in a file that was written anew', async (t) => {
  const owns = [undefined, '[global]\ntimeout = 7\n']
  for (const anew of [
    `[global]\nindex-url = ${officialIndex}\n`,
    '# of the company\n[global]\nindex-url = http://mirror.example\nno-input = true\n',
    `[global]\nindex-url = http://mirror.example\nextra-index-url = ${officialIndex}\n`,
    '[global]\ntimeout = 60\n',
    'no file that pip reads',
    '',
  ])
    for (const own of owns)
      t.equal(
        become(pip(own), () => anew),
        anew,
      )
  for (const anew of [`index-url = "${officialIndex}"\n`, '[[index]]\nurl = "http://mirror.example"\n', '# none\n'])
    for (const own of [undefined, 'offline = true\n'])
      t.equal(
        become(uv(own), () => anew),
        anew,
      )
  const path = '/root/.pydistutils.cfg'
  const content = renderPydistutilsCfg('http://mirror.example', { path, own: undefined })
  const anew = '[easy_install]\nindex_url = http://mirror.example\n'
  t.equal(merge({ path, format: 'setuptools', own: undefined, content }, undefined, anew, secrets), anew)
})

t.test('public text is never taken for ours, in a key or a list that a hook adds', async (t) => {
  const added = `[list]\nindex-url = ${officialIndex}\n`
  t.equal(
    become(pip(), (ours) => rewritten(ours, added)),
    added,
  )
  const longer = '[install]\nextra-index-url = http://mirror.example\n    http://theirs.example\n'
  t.equal(
    become(pip(), (ours) => rewritten(ours).replace('[install]\n', longer)),
    longer,
  )
  t.equal(
    become(uv('offline = true\n'), (ours) => ours.replace('offline', `publish-url = "${officialIndex}"\noffline`)),
    `publish-url = "${officialIndex}"\noffline = true\n`,
  )
})

t.test('lines before or behind ours go into the image as they are, comments and all', async (t) => {
  t.equal(
    become(pip(), (ours) => `${ours}timeout = 60\n`),
    '[global]\ntimeout = 60\n',
  )
  for (const added of ['# for the image\n[install]\nuser = yes\n', '# why\n[global]\nretries = 1\n']) {
    t.equal(
      become(pip(), (ours) => ours + added),
      added,
    )
    const own = '; own\n[global]\nproxy = p\n\n[list]\nformat = columns\n'
    t.equal(
      become(pip(own), (ours) => ours + added),
      own + added,
      'as they would be without ours',
    )
  }
  const comments = '# of the company\n'
  t.equal(
    become(pip(comments), (ours) => `${ours}timeout = 60\n`),
    `${comments}[global]\ntimeout = 60\n`,
    'a key has its section also behind comments alone',
  )
  const [before, behind] = ['native-tls = true\n', '# why\n[pip]\nno-deps = true\n']
  t.equal(
    become(uv(), (ours) => before + ours + behind),
    before + behind,
  )
  const table = '\n# mirrors of Python\n[[python-downloads]]\nurl = "x"\n'
  for (const own of ['# own\noffline = true # why\n', 'offline = true\nindex-url = "http://own"\n'])
    t.equal(
      become(uv(own), (ours) => ours + table),
      own + table,
    )
})

t.test("an edit of the image's own lines in our uv.toml leaves its comments and order", async (t) => {
  const own = '# own\noffline = true # for now\n\n# of pip\n[pip]\n# why\nno-deps = true\n'
  t.equal(
    become(uv(own), (ours) => ours.replace('offline = true', 'offline = false')),
    own.replace('offline = true', 'offline = false'),
  )
  t.equal(
    become(uv(own), (ours) => ours.replace('# why\nno-deps = true\n', '')),
    own.replace('# why\nno-deps = true\n', ''),
  )
})

t.test('a key that a program sets is set in the image, and one that it deletes is deleted', async (t) => {
  t.same(readAsPip(become(pip(), (ours) => rewritten(ours, '[list]\nformat = columns\n')) ?? ''), {
    list: { format: 'columns' },
  })
  const own = '; own\n[global]\n  timeout = 5\n  proxy = p\n\n[list]\nformat = columns\n'
  t.equal(
    become(pip(own), (ours) => rewritten(ours).replace('timeout = 5', 'timeout = 60')),
    own.replace('= 5', '= 60'),
  )
  t.equal(
    become(pip(own), (ours) => rewritten(ours).replace('format = columns\n', 'find-links =\n')),
    own.replace('format = columns\n', 'find-links = \n'),
  )
  t.equal(
    become(pip(), (ours) => ours.replace('http://mirror.example\n', 'http://mirror.example.org/simple\n')),
    '[global]\nindex-url = http://mirror.example.org/simple\n',
    'a key of ours with another value',
  )
  const toml = 'offline = true\nindex-url = "http://own"\n'
  t.equal(
    become(uv(toml), (ours) => ours.replace('offline = true', 'offline = false').replace(/link-mode.*\n/, '')),
    'offline = false\nindex-url = "http://own"\n',
  )
})

t.test('a list of ours that a hook made longer makes the own one longer', async (t) => {
  const longer = (ours: string): string =>
    ours.replace('"http://mirror.example"', '"http://mirror.example", "http://c"')
  t.equal(become(uv(), longer), 'extra-index-url = ["http://c"]\n')
  t.equal(become(uv('extra-index-url = ["http://own"]\n'), longer), 'extra-index-url = ["http://own", "http://c"]\n')
  const inPip = (ours: string): string => ours.replace(`    ${officialIndex}\n`, (line) => `${line}    http://c\n`)
  t.equal(become(pip(), inPip), '[global]\nextra-index-url = http://c\n')
  t.equal(
    become(pip('[global]\nextra-index-url = http://own\n'), inPip),
    '[global]\nextra-index-url = http://own\n    http://c\n',
  )
})

t.test('a password stays out of the image in any spelling and at any address, and its key is named', async (t) => {
  for (const spelling of ['user:p%40ss', 'user:p%%40ss', 'user:p@ss']) {
    const proxy = `proxy = http://${spelling}@proxy.example/\n`
    const timeout = '[global]\ntimeout = 60\n'
    t.same(
      edit(pip(), (ours) => `${ours}timeout = 60\n${proxy}`),
      { text: timeout, leftOut: ['global.proxy'] },
      spelling,
    )
    t.same(
      edit(pip(), () => timeout + proxy),
      { text: timeout, leftOut: ['global.proxy'] },
    )
    t.equal(
      become(pip(), () => `# ${proxy}${timeout}`),
      timeout,
      `${spelling} in a comment`,
    )
    const toml = `publish-url = "http://${spelling}@b.example/up"\noffline = true\n`
    t.same(
      edit(uv(), (ours) => ours + toml),
      { text: 'offline = true\n', leftOut: ['publish-url'] },
    )
  }
  t.same(
    edit(uv(), (ours) => `${ours}publish-url = "http://user\\u003ap%40ss@b.example"\n`),
    { text: undefined, leftOut: ['publish-url'] },
    'also where TOML hides it',
  )
})

t.test('what an installer cannot read, with something of ours in it, is refused by the name of the file', async (t) => {
  for (const [file, added] of [
    [pip(), 'timeout\n'],
    [uv(), 'offline = \n'],
  ] as const)
    t.throws(() => become(file, (ours) => ours.replace('\n', `\n${added}`).replace(/index-url.*/, '')), {
      name: 'UserError',
      message: new RegExp(`^another element wrote what \\w+ cannot read into ${file.path}, .*line 2`),
    })
})

t.test('a copy of ours is known by its first line, or by its entries', async (t) => {
  for (const file of [pip(), uv(), pip('[global]\ntimeout = 7\n')]) {
    t.equal(isMadeOfOurs(file, file.content), true)
    t.equal(isMadeOfOurs(file, `${file.content}# more\n`), true)
    t.equal(isMadeOfOurs(file, `${file.content.split('\n')[0]}\n`), true, 'the line by which ours begin')
    t.equal(isMadeOfOurs(file, file.content.replace(/^#.*\n/gm, '')), true)
    t.equal(isMadeOfOurs(file, file.own ?? ''), false)
    t.equal(isMadeOfOurs(file, `see ${officialIndex} and http://mirror.example`), false)
  }
})
