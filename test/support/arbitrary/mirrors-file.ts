import fc from 'fast-check'
import { secretMark } from './any.js'

const names = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('corp', 'acme', 'a-b', 'x9', 'constructor', 'official') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('10', '2', 'a.b', '"q"', '__proto__', 'Corp', '', 'a b', 'true', 'x] # y', 'a\\.b'),
  },
)

/** Right values of each key, as they may be written. */
const values: Readonly<Record<string, readonly string[]>> = {
  url: ['https://corp.example/simple', 'https://acme.example', '"https://q.example/a;b"', 'https://e.example/?x=y&[1]'],
  username: ['builder', 'true', 'null', '"a;b#c"', '7', '"null"', "o'neill", '"\\u0041\\""'],
  'password-env': ['SECRET', 'OTHER_SECRET'],
  projects: ['corp-*', 'acme_lib, Zope.Interface', '"one-lib"'],
  exclude: ['old-*', 'x'],
  trusted: ['yes', 'false', 'no', '"true"'],
  'exclude-newer': ['7 days', 'P2W', '2026-03-31T12:00:00Z'],
}

const odd = fc.constantFrom(
  '',
  'a ; b',
  'a # b',
  'a\\;b',
  'a\\b',
  'a\\\\b',
  "'a'",
  `"a" "b"`,
  '"a',
  'false',
  '[x]',
  '=',
  '\u00a0x\u00a0',
  'a\rurl = https://evil.example/',
  'a\u2028b',
  '\ud800',
  'https://evil.example/',
)

const pairs = fc.constantFrom(...Object.keys(values)).chain((key) =>
  fc
    .tuple(
      fc.oneof(
        { weight: 20, arbitrary: fc.constant(key) },
        {
          weight: 1,
          arbitrary: fc.constantFrom('projects[]', 'URL', '__proto__', 'a.b', '"url"', 'url[]', 'user name', ''),
        },
      ),
      fc.constantFrom(' = ', '=', ' =', '\t=\t'),
      fc.oneof({ weight: 14, arbitrary: fc.constantFrom(...(values[key] ?? [])) }, { weight: 1, arbitrary: odd }),
    )
    .map((all) => all.join('')),
)

const otherLines = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('', '# note = x', '; [note]', '   ', '  # note') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ' indented',
      ' username = x',
      'alone',
      '[corp',
      `${secretMark} = x`,
      '= x',
      '[a] b',
      '\ufeff',
      'url: https://x.example/',
    ),
  },
)

const sections = fc
  .tuple(
    names.map((name) => `[${name}]`),
    fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(...(values['url'] ?? [])).map((url) => [`url = ${url}`]) },
      { weight: 1, arbitrary: fc.constant([]) },
    ),
    fc.array(fc.oneof({ weight: 6, arbitrary: pairs }, { weight: 1, arbitrary: otherLines }), { maxLength: 3 }),
    fc.oneof(fc.constant<string[]>([]), fc.constant(['username = builder', 'password-env = SECRET'])),
  )
  .map(([name, url, others, password]) => [name, ...url, ...others, ...password])

/** Mirrors files, right ones and others. Where SECRET and OTHER_SECRET are set, each password can be had. */
export const mirrorsFiles: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(
      { weight: 20, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.constantFrom('\ufeff', 'url = x\n') },
    ),
    fc.array(sections, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('\n', '\n', '\r\n'),
  )
  .map(([start, all, end]) => start + [...all.flat(), ''].join(end))
