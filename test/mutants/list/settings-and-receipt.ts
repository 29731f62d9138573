import { type Mutant, sabotages } from '../mutant.js'

/** Which indexes there are, and what a receipt says of them. */
export const ofSettings: readonly Mutant[] = [
  ...sabotages(
    'lib/settings/variables.ts',
    'unit/settings/settings.ts',
    [
      'DIB_NO_PYPI_PIP keeps the official index away',
      "const officialIndexFlags = ['DIB_OFFLINE', 'DIB_NO_PYPI_PIP'] as const",
      "const officialIndexFlags = ['DIB_OFFLINE'] as const",
    ],
    [
      'DIB_OFFLINE keeps the official index away',
      "const officialIndexFlags = ['DIB_OFFLINE', 'DIB_NO_PYPI_PIP'] as const",
      "const officialIndexFlags = ['DIB_NO_PYPI_PIP'] as const",
    ],
    ['a misspelt variable is named', '&& !known.includes(name) &&', '&& known.includes(name) &&'],
    ['DIB_PIP_RETRIES is a whole number', '/^[0-9]{1,6}$/.test(value)', 'true'],
    [
      'a host of DIB_PYPI_TRUSTED_HOST is one that pip can take',
      'words(value).every(isHost)',
      'words(value).some(() => true)',
    ],
  ),
  ...sabotages(
    'lib/settings/settings.ts',
    'unit/settings/settings.ts',
    [
      'an offline build keeps nothing',
      'const isToFill = DIB_PYPI_FILL_MIRROR && !DIB_OFFLINE',
      'const isToFill = DIB_PYPI_FILL_MIRROR',
    ],
    ['a password stays with the relay', " && 'a URL with a password'", ' && undefined'],
    [
      'a receipt and a lock have the relay, or are refused',
      'if (hasNoRelay && needed !== undefined)',
      'if (needed === null)',
    ],
    [
      'a mirrors file and variables do not both name mirrors',
      'if (mirror !== undefined) {\n    throw',
      'if (mirror === null) {\n    throw',
    ],
    [
      'a mirror behind a link to nothing is an error, not a build without it',
      'if (ifSeen(() => lstatSync(folder)) !== undefined)',
      'if (folder === null)',
    ],
    ['a mirrors file trusts no host by itself', 'DIB_PYPI_MIRRORS === undefined ? named.indexes : []', 'named.indexes'],
  ),
  ...sabotages(
    'lib/settings/place-indexes.ts',
    'unit/settings/mirror-variables.ts unit/settings/settings.ts',
    [
      'an https mirror is trusted by its certificate alone',
      'among.filter(({ scheme }) => scheme === wanted)',
      'among.filter(({ scheme }) => scheme === wanted || scheme === "https")',
    ],
    [
      "mirrors are asked in the order of their variables' names",
      '.sort(([one], [other]) => (one < other ? -1 : 1))',
      '',
    ],
    [
      'the deprecated names come after the others',
      'const indexes = [...named, ...old]',
      'const indexes = [...old, ...named]',
    ],
  ),
  ...sabotages(
    'lib/settings/index-list.ts',
    'unit/settings/mirror-url.ts',
    ['a line break in a URL writes no section of pip.conf', 'if (/[\\s\\p{Cc}]/u.test(url)) {', 'if (url === null) {'],
    ['a password in a URL is hidden in messages', 'label: redact(url)', 'label: url'],
    ['a backslash is no slash', "if (url.includes('\\\\'))", 'if (url === null)'],
  ),
  ...sabotages(
    'lib/settings/place-indexes.ts',
    'unit/settings/settings.ts',
    [
      'with a mirrors file the official index is asked only if it has a section',
      'mirrorsFile === undefined && variables.off.length === 0 ? [theOfficialIndex()] : []',
      'variables.off.length === 0 ? [theOfficialIndex()] : []',
    ],
    [
      'what a section owns comes from nowhere else while its folder is missing',
      'return mirrorsFile === undefined || below === undefined ? index : { ...index, folder: join(mirrorFolder, below) }',
      'return index',
    ],
    [
      'the official index is asked last',
      'const listed = [...named, ...standIn, ...official]',
      'const listed = [...official, ...named, ...standIn]',
    ],
    [
      'with DIB_PYPI_UNREACHABLE=fail a build without any package ends',
      "if (variables.DIB_PYPI_UNREACHABLE !== 'fail')",
      "if (variables.DIB_PYPI_UNREACHABLE !== 'keep')",
    ],
    [
      'what was kept is found offline, whoever owns it',
      '(isOffline ? { isKept: true } : { isFilled: true })',
      '{ isFilled: true }',
    ],
    [
      'online, what was kept goes past no exclude-newer',
      'isOffline || listed.every(({ excludeNewer }) => excludeNewer === undefined)',
      'true',
    ],
  ),
  ...sabotages(
    'lib/settings/index-list.ts',
    'unit/settings/settings.ts unit/settings/mirror-url.ts',
    [
      'easy_install asks the last mirror, not the official index',
      '!isOfficial && absent === undefined',
      'absent === undefined',
    ],
    ['installers without the relay get the password as it was written', 'written ?? `', '`'],
  ),
  ...sabotages(
    'lib/settings/mirrors-file/read-mirrors-file.ts',
    'unit/settings/settings.ts unit/settings/mirrors-file/password.ts',
    [
      'DIB_NO_PYPI_PIP counts with a mirrors file that has a section [official]',
      'if (index.isOfficial && off.length > 0)',
      'if (index === null)',
    ],
    [
      'a mirrors file with a password that everybody can read is named',
      'isOpen && index.credentials !== undefined',
      'index === null',
    ],
    [
      'the variables of passwords are named, to be hidden in the chroot',
      "sections.flatMap(({ values }) => values['password-env'] ?? [])",
      '[]',
    ],
  ),
  ...sabotages(
    'lib/settings/mirrors-file/read-mirrors-file.ts',
    'unit/settings/mirrors-file/sections.ts',
    [
      'a project belongs to one section',
      "if (same !== undefined) refuse('projects'",
      "if (same === null) refuse('projects'",
    ],
    ['an unknown key is refused', 'if (unknown !== undefined)', 'if (unknown === null)'],
  ),
  ...sabotages(
    'lib/settings/mirrors-file/section-schema.ts',
    'unit/settings/mirrors-file/sections.ts',
    ['a folder outside the local mirror is refused', "isFolder && folderOfMirror(url) === undefined && 'url'", 'false'],
    ['trusted does not switch off what ca is for', "values.trusted && has('ca') && 'trusted'", 'false'],
    ['trusted is for https alone', "scheme !== 'https' && ofHttps", 'false'],
    ['a password is in no variable that dib writes into its record', "!name.startsWith('DIB_')", 'true'],
  ),
  ...sabotages(
    'lib/settings/mirrors-file/host-files.ts',
    'unit/settings/mirrors-file/password.ts',
    [
      'what a command for a password writes to standard error is not in the log',
      "stdio: ['ignore', 'pipe', 'ignore'],",
      "stdio: ['ignore', 'pipe', 'inherit'],",
    ],
    ['a password in a file that everybody can read is named', 'if (isOpen) warn(', 'if (path === null) warn('],
    ["a command for a password has the caller's environment", 'env: { ...caller },', 'env: {},'],
  ),
  ...sabotages('lib/settings/mirrors-file/host-files.ts', 'unit/settings/mirrors-file/pem-files.ts', [
    'a key that is not the one of its certificate is named',
    '!isUsable({',
    '!Boolean({',
  ]),
  ...sabotages(
    'lib/settings/project-patterns.ts',
    'unit/settings/project-patterns.ts',
    ["projects' names are compared normalised", 'normaliseName(word)', 'word'],
    [
      'patterns that overlap are told',
      'return overlap(a.slice(1), b) || overlap(a, b.slice(1))',
      'return overlap(a.slice(1), b)',
    ],
  ),
  ...sabotages(
    'lib/settings/mirrors-file/read-mirrors-file.ts',
    'unit/settings/mirrors-file/any-file.ts unit/settings/mirrors-file/sections.ts',
    ['a key that stands twice is refused', 'if (before !== undefined) refuse(', 'if (before === null) refuse('],
    ['what ini would cut off is refused', 'if (fault !== undefined) refuse(', 'if (fault === null) refuse('],
  ),
  ...sabotages(
    'lib/receipt/bill.ts',
    'unit/receipt/lock.ts',
    ['a lock has the hash of each file', 'if (!/^[0-9a-f]{64}$/.test(sha256)) return', 'if (sha256 === null) return'],
    [
      "a lock is a receipt of this element's",
      'if (!tools.some(({ name }) => name === toolName)) return',
      'if (tools === null) return',
    ],
    ['no name of a lock leads out of a folder', '/[/\\\\]|[^ -~]/.test(file) || ', ''],
  ),
  ...sabotages(
    'lib/receipt/bill.ts',
    'unit/receipt/bill.ts',
    ['what is not in the image is told apart', '= files.filter((file) => inImage.has(keyOf(file)))', '= files'],
    ['the same files give the same bytes', '(one < other ? -1 : one > other ? 1 : 0)', '(one < other ? 0 : 0)'],
  ),
  ...sabotages(
    'lib/receipt/receipt-file.ts',
    'unit/receipt/plan-receipt.ts',
    ['a build that fails leaves no receipt of an earlier one', 'unlinkSync(path)', ''],
    ['a build that fails does not lose its lock', '(lock !== undefined && sameEntry(path, lock))', 'false'],
    ['a place that cannot be written is named before the build', 'checkFolder(path)\n  removeOld', 'removeOld'],
  ),
  ...sabotages('lib/image/attributes.ts', 'unit/receipt/write-receipt.ts', [
    'nothing of a receipt is left that cannot be written',
    'rmSync(temporary, { recursive: true, force: true })',
    '',
  ]),
  ...sabotages('lib/receipt/receipt-file.ts', 'unit/receipt/write-receipt.ts', [
    "the receipt is the caller's file",
    'asCaller(caller, () => write(path, text))',
    'write(path, text)',
  ]),
  ...sabotages('lib/image/path-in-root.ts', 'unit/receipt/installed.ts', [
    'no link in the image leads a scan elsewhere',
    'lstatAt(path)?.isFile() ?',
    '(lstatAt(path)?.isFile() || linkAt(path)) ?',
  ]),
  ...sabotages('lib/receipt/installed.ts', 'unit/receipt/installed.ts', [
    'what is mounted in the image is not of it',
    '.filter((target) => !own.has(target))',
    '.filter(() => false)',
  ]),
  ...sabotages('lib/receipt/bill.ts', 'unit/receipt/purl.ts', [
    'a purl that says two things is none',
    'purlOf(project, version, file) === purl ?',
    'true ?',
  ]),
  ...sabotages('lib/index/distribution-file.ts', 'unit/index/version.ts', [
    '1.0 and 1.0.0 are one version',
    "(?:\\.0+)+(?![.\\d]*\\d)/, '$1')",
    "(?:\\.0+)+(?![.\\d]*\\d)/, '$&')",
  ]),
]
