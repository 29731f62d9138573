import fc from 'fast-check'
import type { Test } from 'tap'

/** The start of a random sequence: the same in each run where CI is set, or as SEED says; else another in each run. */
const seed = Number(process.env['SEED'] || (process.env['CI'] === 'true' ? 20151122 : Date.now() % 2 ** 31))

/**
 * Many values of a kind, to hand to another program all at once.
 *
 * @param t The test, which says by which SEED the same ones come again.
 */
export const many = <Value>(t: Test, kind: fc.Arbitrary<Value>, count: number): readonly Value[] => {
  t.comment(`SEED=${seed}`)
  return fc.sample(kind, { seed, numRuns: count })
}

/** What every password of these URLs has in it, and nothing else has. */
export const secretMark = 'S3CRET'

/** Parts of URLs that some program treats, most of which are right in a URL. */
const parts = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom('/', 'simple', 'a', '%20', '%40', '%', '%%', '%(index-url)s', '=', ';', '&'),
  },
  {
    weight: 8,
    arbitrary: fc.constantFrom('#', '?', '"', "'", '[global]', '+', ':', '$x', '~', '*', '`', '|', '!', ','),
  },
  { weight: 1, arbitrary: fc.constantFrom(' ', '\n', '\r', '\t', '\\', '\0', '\u007f', '\u0085', '\u00a0', '\u2028') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '\u00fc',
      '\u{1f40d}',
      '\ufeff',
      '\ud800',
      '\n[install]\nindex-url = http://evil.example/',
    ),
  },
  { weight: 1, arbitrary: fc.constant('long'.repeat(2000)) },
)
const text = (maxLength: number): fc.Arbitrary<string> => fc.array(parts, { maxLength }).map((all) => all.join(''))

const schemes = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('http://', 'https://') },
  { weight: 2, arbitrary: fc.constantFrom('file:///', 'HTTP://', 'hTTps://', 'file:///tmp/pypi') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'ftp://', 'file://', 'git+https://', 'http:/', 'http:', ' http://', '//'),
  },
)
/** `user:password@` with the mark, half of them as they should be written. */
const userinfos = fc.oneof(
  fc.constantFrom('', '', `user:${secretMark}@`, `${secretMark}@`, `user@name:${secretMark}@`),
  text(2).map((odd) => `us;er:${secretMark}${odd.replace(/[/?#[\]\s\\]/g, '')}@`),
  fc.tuple(text(2), text(2)).map(([user, odd]) => `${user}:${secretMark}${odd}@`),
)
const hosts = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom(
      'mirror.example',
      'other.example',
      'MIRROR.example',
      '[2001:db8::1]',
      '127.0.0.1',
      'a_b',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '[::1', '::1', '[x]', 'a b', 'a..b', '%41', '\u00fc.example', '256.1.1.1'),
  },
)
const ports = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('', '', ':80', ':3141', ':') },
  { weight: 1, arbitrary: fc.constantFrom(':port', ':99999', ':-1', ':8 0') },
)

/** Mirrors' URLs, right ones and others. */
export const mirrorUrls: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(schemes, userinfos, hosts, ports, text(4))
      .map(([scheme, userinfo, host, port, path]) =>
        /^file/.test(scheme) ? `${scheme}${path}` : `${scheme}${userinfo}${host}${port}/${path}`,
      ),
  },
  { weight: 1, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
)

const mirrorNames = fc
  .tuple(
    fc.constantFrom('DIB_PYPI_MIRROR_URL', 'DIB_PYPI_MIRROR_URL', 'PYPI_MIRROR_URL'),
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('', '_1', '_2', '_10', '_B', '_b', 'S', '_') },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }).map((name) => name.replace(/[=\0]/g, '')) },
    ),
  )
  .map(([name, suffix]) => name + suffix)

const switches = fc.constantFrom('', '', '0', '1', 'no', ' ', '\n')
const retries = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('', '0', '5', '007', '08', '999999') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('-1', ' 3', '3\n', '1e3', '0x3', '\u0663', 'many', '5\n[install]\nindex-url = x'),
  },
)
const trustedHosts = fc
  .array(
    fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom('t.example', 'T.example:8443', '10.0.0.1', '[2001:db8::2]:443', 'a_b') },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          'https://t.example',
          `${secretMark}@t.example`,
          't.example/x',
          'a,b',
          '[::g]',
          '\u00fc',
          '%',
          '=',
          '#',
        ),
      },
    ),
    { maxLength: 3 },
  )
  .chain((words) => fc.constantFrom(' ', '  ', '\t', '\n', '\u00a0').map((space) => words.join(space)))

/** What a build's environment may hold of this element's, whether a user could mean it or not. */
export const environments: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .tuple(
    fc.array(fc.tuple(mirrorNames, mirrorUrls), { maxLength: 3 }),
    fc.record(
      {
        DIB_OFFLINE: switches,
        DIB_NO_PYPI_PIP: switches,
        DIB_PIP_RETRIES: retries,
        DIB_PYPI_TRUSTED_HOST: trustedHosts,
        DIB_PYPI_UNREACHABLE: fc.constantFrom('', '', 'drop', 'keep', 'fail', 'keep\n'),
        DIB_DEBUG_TRACE: fc.oneof(switches, fc.string({ maxLength: 3 })),
        PIP_INDEX_URL: mirrorUrls,
      },
      { requiredKeys: [] },
    ),
  )
  .map(([mirrors, others]) => ({ ...others, ...Object.fromEntries(mirrors) }))

const sectionNames = fc.constantFrom('global', 'install', 'list', 'a b', 'x]y')
const keyNames = fc.constantFrom('timeout', 'proxy', 'find-links', 'Index-URL', 'extra-index-url', 'a key', 'k')
const valueLines = fc.constantFrom(
  '60',
  'x = y',
  'x: y',
  'a ; b',
  'a # b',
  '[list]',
  'http://theirs.example/',
  '"q"',
  '%(k)s',
  '=',
)

/** Lines of files in the format of Python's configparser, right ones and others. */
export const configTexts: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: sectionNames.map((name) => `[${name}]`) },
      {
        weight: 8,
        arbitrary: fc
          .tuple(
            keyNames,
            fc.constantFrom(' = ', '=', ': ', ':', '\t=\t', ' =', '  :  '),
            fc.oneof(valueLines, fc.constant('')),
          )
          .map((all) => all.join('')),
      },
      { weight: 3, arbitrary: fc.tuple(fc.constantFrom(' ', '\t', '    '), valueLines).map((all) => all.join('')) },
      { weight: 3, arbitrary: fc.constantFrom('# note', '; note', '  # note', '\t; note', '', '   ') },
      { weight: 1, arbitrary: fc.constantFrom('no-value', ' [list]', '[]', '= x', '[list] # note') },
    ),
    { maxLength: 9 },
  )
  .chain((lines) => fc.constantFrom('\n', '\n', '\r\n').map((end) => lines.concat('').join(end)))

/** A file's keys by their sections, each value as it is read. */
export type Sections = Readonly<Record<string, Readonly<Record<string, string>>>>

/** What a file may say, by sections and keys in small letters. */
export const sections: fc.Arbitrary<Sections> = fc.dictionary(
  fc.constantFrom('global', 'install', 'list'),
  fc.dictionary(
    fc.constantFrom('timeout', 'proxy', 'find-links', 'progress-bar', 'cert'),
    fc.oneof(
      valueLines,
      fc.tuple(valueLines, fc.constantFrom('second', 'x = z')).map((lines) => lines.join('\n')),
    ),
    { maxKeys: 3 },
  ),
  { maxKeys: 3 },
)
