import { type Mutant, sabotages } from '../mutant.js'

/** What a user of the host sees: folders as they are, faults by their names, programs that are found or named. */
export const ofHost: readonly Mutant[] = [
  ...sabotages(
    'lib/index/local-mirror.ts',
    'unit/index/local-mirror.ts',
    [
      'distributions beside a tree that does not list them are found',
      '(isWhole && (stray.length > 0 || pageless !== undefined))',
      '(isWhole && pageless !== undefined)',
    ],
    [
      'what the image cannot read of a flat folder is left out',
      "findInMirror(mirror, join(folder, name)) === 'file'",
      "findInMirror(mirror, join(folder, name)) !== 'folder'",
    ],
    ['what is no mirror is named', "if (top.isEmpty) return { ...nothing('an", "if (top) return { ...nothing('an"],
  ),
  ...sabotages(
    'lib/index/local-url.ts',
    'unit/index/local-mirror.ts',
    ['a link out of the mirror on a page is named', 'if (file === undefined) {', 'if (file === null) {'],
    ['a link to a file that is missing is named', "if (found === 'missing') return", "if (found === 'none') return"],
    [
      'metadata that a page names and that is missing is named',
      "if (coreMetadata !== undefined && findInMirror(mirror, `${file}.metadata`) !== 'file') {",
      'if (coreMetadata === null) {',
    ],
    [
      'symbolic links out of the mirror are named',
      "paths.filter((path) => findInMirror(mirror, path) === 'outside')",
      "paths.filter((path) => findInMirror(mirror, path) === 'special')",
    ],
  ),
  ...sabotages(
    'lib/index/html.ts',
    'unit/index/html.ts',
    ['a link in a comment is none', "if (html.startsWith('!--', at - 1)) {", "if (html.startsWith('!---', at - 1)) {"],
    ['a link in a script is none', 'if (end !== undefined && rawTextEnd !== undefined) end', 'if (end === 0) end'],
  ),
  ...sabotages(
    'lib/image/stage-runtime.ts',
    'unit/image/shared-objects.ts',
    ['a library that the host lacks is named', "if (file === 'not found') throw", "if (file === '') throw"],
    [
      'the checksum of a host in FIPS mode goes with its library, also of one that is a link',
      '[file, realpathSync(file)]',
      '[file]',
    ],
  ),
  ...sabotages(
    'lib/base/command.ts',
    'unit/base/command.ts',
    [
      'a program that fails is a fault',
      'if (status === 0) return undefined',
      'if (status !== undefined) return undefined',
    ],
    ['a program that is missing is named', "if (errorCode(error) === 'ENOENT')", "if (errorCode(error) === '')"],
  ),
  ...sabotages('lib/base/errors.ts', 'unit/base/errors.ts', [
    'a fault that is not named is thrown',
    "if (codes.includes(errorCode(error) ?? '')) return undefined",
    'if (codes) return undefined',
  ]),
  ...sabotages('lib/base/waiting.ts', 'unit/http/look-up.ts unit/base/waiting.ts', [
    'a host that was not found is looked up again',
    '.unref(), forget)',
    '.unref(), () => undefined)',
  ]),
  ...sabotages('lib/probe/reachable.ts', 'unit/probe/probe-folder.ts', [
    'a file in the place of a mirror is no mirror',
    'existsSync(new URL(`${url}/`))',
    'existsSync(new URL(url))',
  ]),
  ...sabotages(
    'lib/relay/served-index.ts',
    'unit/relay/fill.ts unit/relay/folders.ts unit/relay/serves.ts',
    [
      'offline, what was kept for one section is not installed for another',
      'const all = found.filter((file) => isAnyones || isKeptFor(project, file, named))',
      'const all = found',
    ],
    [
      'exclude-newer goes for a folder, too',
      'const old = excludeNewer(all, index.excludeNewer)',
      'const old = excludeNewer(all, undefined)',
    ],
  ),
  ...sabotages('lib/relay/upstream/source.ts', 'unit/relay/faults.ts unit/relay/serves.ts unit/relay/hostile.ts', [
    'who asks again after a while is not kept waiting with the first',
    'Date.now() - known.born < sharedFor * tempo',
    'known.born > 0',
  ]),
  ...sabotages('launcher/as-commonjs.sh', 'unit/launcher/as-commonjs.ts', [
    'a Node.js that is too old is named',
    'if (parseInt(version, 10) < 18) {',
    'if (parseInt(version, 10) < 8) {',
  ]),
  ...sabotages('launcher/in-image.sh', 'hook/image-openssl.ts', [
    "an error in the image's openssl.cnf does not end the hook",
    'export OPENSSL_CONF=/dev/null',
    ':',
  ]),
]
