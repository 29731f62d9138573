import { type Mutant, sabotages } from '../mutant.js'

/** Folders and pages: what is listed, what is kept, by which hash. */
export const ofIndex: readonly Mutant[] = [
  ...sabotages(
    'lib/relay/store/mirror-folder.ts',
    'unit/relay/mirror-folder.ts',
    [
      'a starting relay does not remove what another is downloading',
      'now - statSync(path).mtimeMs > leftOver',
      'now - statSync(path).mtimeMs >= 0',
    ],
    ["another file of a kept file's name stays", 'if (existsSync(path)) return false\n', ''],
    [
      'a damaged file of the folder is not served',
      'if (!found?.isRight) return undefined',
      'if (found === undefined) return undefined',
    ],
    [
      'hashes that a killed build could not write are written by the next',
      'if (!hashes.has(name)) records.addSum(name, sha256)',
      '',
    ],
    [
      "a file of another origin gets no hash of a build's",
      "if (sha256 === undefined || sha256 !== fact.hashes['sha256']) continue",
      'if (sha256 === undefined) continue',
    ],
  ),
  ...sabotages(
    'lib/relay/store/write-records.ts',
    'unit/relay/mirror-folder.ts',
    [
      'SHA256SUMS is appended to, not written in place',
      'constants.O_RDWR | constants.O_APPEND',
      'constants.O_RDWR | constants.O_TRUNC',
    ],
    ['no line is added to another file by a link in place of SHA256SUMS', 'there?.isSymbolicLink()', 'false'],
    ['what stands in a line without an end is not lost', "...(last.toString() === '\\n' ? [] : [''])", ''],
  ),
  ...sabotages('lib/index/page.ts', 'unit/relay/fill.ts unit/relay/downloads.ts', [
    'a hash is compared',
    "wanted && (other ?? sha256).copy().digest('hex') === wanted.digits",
    'wanted && true',
  ]),
  ...sabotages(
    'lib/index/page.ts',
    'unit/relay/serves.ts unit/relay/folders.ts',
    ['exclude-newer leaves out what was uploaded later', '(times[i] ?? 0) <= latest', 'true'],
    [
      'where a file has no upload time, exclude-newer is refused',
      'return times.some(Number.isNaN) ? undefined : files',
      'return files',
    ],
  ),
  ...sabotages(
    'lib/index/folder.ts',
    'unit/index/folder.ts',
    [
      "what was said of another file of that name is not said of the folder's",
      "sha256 === undefined || known?.hashes['sha256'] === sha256 ? known : undefined",
      'known',
    ],
    [
      'a file that the image cannot see is not listed',
      'if (fileAtUrl(mirror, file.url) === undefined) return undefined',
      '',
    ],
    ['the hashes of SHA256SUMS are on the page', 'hashes: sha256 === undefined ? {} : { sha256 },', 'hashes: {},'],
    [
      'a folder is looked into again when it has changed',
      'if (known?.signature === signature) return known',
      'if (known !== undefined) return known',
    ],
  ),
  ...sabotages('lib/index/folder.ts', 'unit/index/folder.ts', [
    'Requires-Python of metadata keeps installers from what is for another Python',
    "headersIn(metadata ?? '', 'Requires-Python')[0] ??",
    '',
  ]),
  ...sabotages(
    'lib/index/local-url.ts',
    'unit/index/local-url.ts unit/index/local-mirror.ts unit/index/folder.ts',
    [
      "neither an absolute link nor one with .. leads out of the mirror to the host's files",
      "if (!isInMirror(seen)) return { found: 'outside' }",
      '',
    ],
    ['what is not a file is not served', "return found === 'file' ? entry : undefined", 'return entry'],
  ),
  ...sabotages(
    'lib/index/distribution-file.ts',
    'unit/index/distribution-file.ts',
    ['no name of a file leads out of its folder', '/[\\u0000-\\u001f\\u007f/\\\\]/.test(name)', 'false'],
    ['a name that no folder can hold is none', 'fitsFolder(name) && isDistribution(name)', 'isDistribution(name)'],
  ),
  ...sabotages(
    'lib/index/read-page.ts',
    'unit/index/read-page.ts',
    [
      'a withdrawn file is withdrawn',
      'yanked: yanked === undefined ? undefined : yanked || true,',
      'yanked: undefined,',
    ],
    [
      'what a page says of Pythons is kept',
      "requiresPython: textOf(attributes['data-requires-python']),",
      'requiresPython: undefined,',
    ],
  ),
  ...sabotages(
    'lib/index/render.ts',
    'unit/index/read-page.ts unit/relay/serves.ts unit/relay/hostile.ts unit/index/folder.ts',
    [
      "a file's name writes no HTML",
      'text.replace(/[&<>"\\u0080-\\u{10ffff}]/gu, (sign) => `&#${sign.codePointAt(0)};`)',
      'text',
    ],
  ),
  ...sabotages('lib/index/local-mirror.ts', 'unit/index/layout.ts', [
    "a tree with projects' names as written is told",
    'if (normalised === name) found.project ??= name',
    'if (true) found.project ??= name',
  ]),
  ...sabotages('lib/index/wheel-targets.ts', 'unit/index/wheel-targets.ts', [
    "a folder without a file for the image's Python is named",
    'if (without.size === 0 || versions.length === 0) return undefined',
    'if (without.size > 0) return undefined',
  ]),
]
