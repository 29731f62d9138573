import t from 'tap'
import { errorMessage } from '../../../../element-src/lib/base/errors.js'
import { theOfficialIndex } from '../../../../element-src/lib/settings/index-list.js'
import { parseMirrorsFile } from '../../../../element-src/lib/settings/mirrors-file/read-mirrors-file.js'
import { nearest } from '../../../../element-src/lib/settings/variables.js'

const refusalOf = (text: string): string | undefined => {
  try {
    parseMirrorsFile('/m.ini', text, new Date())
    return undefined
  } catch (error) {
    return errorMessage(error)
  }
}

const corp = '[corp]\nurl = https://corp.example/simple\n'

/** What ini would read in another way than it is written, in a file, and what is said of it. */
const quirks: readonly (readonly [string, RegExp])[] = [
  [`\ufeff${corp}`, /^\/m\.ini, line 1: begins with a byte order mark: save it as UTF-8 without one$/],
  [`${corp}[10]\nurl = https://ten.example/\n`, /line 3: \[10\] is not a name for a section: name it in letters/],
  [`${corp}[a.b]\n`, /line 3: \[a\.b\] is not a name/],
  [`${corp}["a"]\n`, /line 3: \["a"\] is not a name/],
  [`${corp}[__proto__]\n`, /line 3: \[__proto__\] is not a name/],
  [`${corp}[]\n`, /line 3: \[\] is not a name/],
  [`${corp}\n${corp}`, /line 4: \[corp\] is there already, on line 1: keep one of the two$/],
  [`${corp}[Corp]\n`, /line 3: \[Corp\] is there already, on line 1/],
  [`${corp}[Official]\n`, /line 3: write \[official\] in small letters$/],
  [`${corp}url = https://two.example/\n`, /line 3: url in \[corp\] is there already, on line 2/],
  [`${corp}projects[] = a\n`, /line 3: projects in \[corp\] is written projects\[\]: write projects, with a comma/],
  [`${corp}  projects = a\n`, /line 3: is indented: begin it at the margin/],
  [`${corp}projects = a,\n  b\n`, /line 4: is indented/],
  [`${corp}password-command = a; b\n`, /line 3: password-command in \[corp\] has ; in it, .* in double quotes/],
  [`${corp}username = a#b\n`, /line 3: username in \[corp\] has # in it/],
  [`${corp}username = a\\b\n`, /line 3: username in \[corp\] has \\ in it, .* write \\\\ for it/],
  [`${corp}username = 'a'\n`, /line 3: username in \[corp\] is in single quotes: use double quotes$/],
  [
    `${corp}username = "a" "b"\n`,
    /line 3: username in \[corp\] begins with a double quote, but is not a text in double/,
  ],
  [`${corp}trusted\n`, /line 3: is not a key = value, a \[section\] or a comment: fix or remove it$/],
  [`${corp}= a\n`, /line 3: is not a key = value/],
  [`${corp}[corp] # ours\n`, /line 3: begins with \[ but is not a section/],
  [`${corp}a key = x\n`, /line 3: what stands before the = in \[corp\] is not a key/],
  [`${corp}__proto__ = x\n`, /line 3: what stands before the = in \[corp\] is not a key/],
  [`url = https://corp.example/\n${corp}`, /line 1: is before the first section/],
  [`${corp}username = a\u2028b\n`, /line 3: has a control character/],
  [`${corp}username = a\rca = /x\n`, /line 3: has a control character/],
  ['', /^\/m\.ini names no mirror: write a section such as \[corp\]/],
  ['# nothing\n', /^\/m\.ini names no mirror/],
]

t.test('what the package ini gets wrong is refused, by line', async (t) => {
  for (const [text, expected] of quirks) t.match(refusalOf(text), expected, expected.source)
})

/** What does not fit, in the lines after corp's url, and what is said of it. */
const faults: readonly (readonly [string, RegExp])[] = [
  [
    'password-fil = /x',
    /^\/m\.ini, line 3: password-fil in \[corp\] is not a known key: did you mean password-file\?$/,
  ],
  ['URL2 = x', /line 3: URL2 in \[corp\] is not a known key: did you mean url\?$/],
  ['[other]', /line 3: \[other\] has no url: add a line url = https:\/\/\.\.\.$/],
  ['[other]\nurl =', /line 4: url in \[other\] is empty: give it a value, or remove the line$/],
  ['[other]\nurl = corp.example', /line 4: url in \[other\] is not a URL: write one that begins with http/],
  [
    'username = a\npassword-env = A\npassword-file = /x',
    /password-env in \[corp\] is a second password, beside password-file/,
  ],
  ['password-env = A', /line 3: password-env in \[corp\] has no username beside it/],
  ['username = a', /line 3: username in \[corp\] has no password beside it: add password-file, password-env or/],
  ['username = a\npassword-env = $A', /line 4: password-env in \[corp\] must be the name of a variable/],
  ['username = a\npassword-env = DIB_PASSWORD', /line 4: password-env in \[corp\] names a variable of dib/],
  ['client-key = /x', /line 3: client-key in \[corp\] has no client-cert beside it/],
  ['trusted = maybe', /line 3: trusted in \[corp\] must be yes or no$/],
  ['trusted = constructor', /line 3: trusted in \[corp\] must be yes or no$/],
  ['trusted = yes\nca = /x', /line 3: trusted in \[corp\] switches off what ca is for/],
  ['projects = corp-[ab]', /line 3: projects in \[corp\] is not a list of projects/],
  ['exclude-newer = 1 month', /line 3: exclude-newer in \[corp\] is not a valid time\. Write a duration/],
  ['[plain]\nurl = http://plain.example/\nca = /x', /line 5: ca in \[plain\] is for https, and url is not/],
  ['[local]\nurl = file:///srv/x', /url in \[local\] is a folder outside file:\/\/\/tmp\/pypi, the local mirror:/],
  [
    '[local]\nurl = file:///tmp/pypi\nexclude-newer = 7 days',
    /line 5: exclude-newer in \[local\] needs the time of each/,
  ],
  ['[local]\nurl = file:///tmp/pypi\nusername = a\npassword-env = A', /username in \[local\] is for a server/],
  ['[two]\nurl = https://u:S3CRET@x.example/\nusername = a\npassword-env = A', /username in \[two\] is a second one/],
  [
    'projects = Acme_Lib\n[two]\nurl = https://x.example/\nprojects = b, acme.lib',
    /line 6: projects in \[two\] has acme-lib, and \[corp\] has acme-lib: a project can come from one section only/,
  ],
  [
    'projects = acme-*\n[two]\nurl = https://x.example/\nprojects = *-lib',
    /line 6: projects in \[two\] has \*-lib, and \[corp\] has acme-\*/,
  ],
]

t.test('what cannot be used is refused in one line, with file, line, key and remedy', async (t) => {
  for (const [lines, expected] of faults) {
    const said = refusalOf(`${corp}${lines}\n`) ?? ''
    t.match(said, expected, expected.source)
    t.notMatch(said, /\n|S3CRET/)
  }
})

t.test('a file is read as it stands, whatever its line ends and however its values look', async (t) => {
  const text = [
    '; ours',
    '[corp]',
    'url=https://corp.example/simple?a=b',
    'username = true',
    'password-command = "printf \'%s\\\\n\' a; true # \\"x\\""',
    '',
    '  # a note',
    '[constructor]',
    'url = https://other.example/',
    'projects = corp-*',
    'exclude = corp-old',
    '[third]',
    'url = https://third.example/',
    'projects = corp-old',
    'trusted = no',
    '[official]',
    'exclude-newer = 7 days',
    '',
  ].join('\r\n')
  const sections = parseMirrorsFile('/m.ini', text, new Date())
  t.same(
    sections.map(({ index }) => index.name),
    ['corp', 'constructor', 'third', 'official'],
  )
  t.same(
    { ...sections[0]?.values },
    {
      url: 'https://corp.example/simple?a=b',
      username: 'true',
      'password-command': 'printf \'%s\\n\' a; true # "x"',
    },
  )
  t.equal(sections[2]?.values.trusted, false)
  t.match(sections[3]?.index, { ...theOfficialIndex(), source: '/m.ini, [official]' })
})

t.test('for a key that is not known, the nearest is named', async (t) => {
  const keys = ['url', 'username', 'password-file', 'password-env', 'ca', 'client-cert', 'exclude']
  for (const [written, meant] of [
    ['user', 'username'],
    ['passwordfile', 'password-file'],
    ['cert', 'client-cert'],
    ['excludes', 'exclude'],
    ['URL', 'url'],
  ] as const) {
    t.equal(nearest(written, keys), meant, written)
  }
})
