import { type Mutant, sabotages } from '../mutant.js'

/** The relay: who is served, what comes from where, what is kept. */
export const ofRelay: readonly Mutant[] = [
  ...sabotages(
    'lib/relay/server/route.ts',
    'unit/relay/serves.ts',
    [
      "only who knows the relay's secret path is served",
      'if (!isSecret(first, installers) ||',
      'if (first.length !== installers.length ||',
    ],
    [
      "only our own hooks end the relay: the installers' secret does not",
      'if (isSecret(first, control))',
      "if (isSecret(first, control) || (part === '' && isSecret(first, installers)))",
    ],
    [
      "nothing but a project's name goes into a server's path",
      'if (project === undefined || !isProject.test(project)) return undefined',
      'if (project === undefined) return undefined',
    ],
  ),
  ...sabotages('lib/relay/open-relay.ts', 'unit/relay/serves.ts', [
    "the relay listens on the host's 127.0.0.1 alone",
    "listen(0, '127.0.0.1', 1024, resolve)",
    "listen(0, '0.0.0.0', 1024, resolve)",
  ]),
  ...sabotages('lib/relay/open-relay.ts', 'unit/relay/peer.ts', [
    'other users of the host are not served',
    'if (user !== undefined) {',
    'if (user === null) {',
  ]),
  ...sabotages(
    'lib/relay/open-relay.ts',
    'unit/relay/hostile.ts',
    [
      'a page that links to the relay itself does not have it ask itself',
      '!(loopback.test(hostname) && port === String(ownPort()))',
      'true',
    ],
    ['a link to a file of the host is not followed', '/^https?:$/.test(protocol) && ', ''],
  ),
  ...sabotages('lib/relay/open-relay.ts', 'unit/relay/serves.ts', [
    'a project that another section owns is not asked here',
    'if (index === undefined || !index.isAsked(route.project))',
    'if (index === undefined)',
  ]),
  ...sabotages('lib/relay/open-relay.ts', 'unit/relay/faults.ts', [
    'with DIB_PYPI_UNREACHABLE=fail nothing more is served once an index is down',
    'if (cause !== undefined) return refuse(call, cause)',
    '',
  ]),
  ...sabotages('lib/relay/server/reply.ts', 'unit/relay/serves.ts unit/relay/folders.ts', [
    'what cannot be used is refused such that no installer goes past it',
    'status: 424, reason',
    'status: 404, reason',
  ]),
  ...sabotages(
    'lib/relay/server/peer.ts',
    'unit/relay/peer.ts',
    [
      'a process of another user that is not of this build is told from one that is',
      'return isHidden || processesOf(config).some((pid) => has(pid, peer)) ? undefined : peer.uid',
      'return undefined',
    ],
    [
      "other users' processes in the image are of this build",
      '.filter((pid) => isBelow(pid) || isInImage(pid))',
      '.filter((pid) => isBelow(pid))',
    ],
  ),
  ...sabotages(
    'lib/settings/project-patterns.ts',
    'unit/relay/project-rules.ts',
    [
      'a project comes from the section that names it and from no other',
      'return !all.some((other) => isAmong(project, other.projects) && !isAmong(project, other.exclude))',
      'return true',
    ],
    [
      'a section with projects is asked for no others',
      'if (index.projects !== undefined) return isAmong(project, index.projects)',
      'if (isAmong(project, index.projects)) return true',
    ],
    ['what a section excludes is not asked there', 'if (isAmong(project, index.exclude)) return false', ''],
  ),
  ...sabotages(
    'lib/settings/project-patterns.ts',
    'unit/relay/project-rules.ts',
    [
      'offline, a kept file is used for a project only if it came from an index that has it',
      '(index) => isAskedAt(project, index, all) && (excludeNewer',
      '(index) => (excludeNewer',
    ],
    [
      'offline, what came from nobody knows where is used for no project that a section owns',
      'return isAskedAt(project, {}, all) && all.every((index) => index.excludeNewer === undefined)',
      'return all.every((index) => index.excludeNewer === undefined)',
    ],
    [
      'offline, a kept file is under exclude-newer of its index',
      '(excludeNewer([file], index.excludeNewer)?.length ?? 0) > 0',
      'true',
    ],
  ),
  ...sabotages('lib/relay/upstream/fetch-file.ts', 'unit/relay/fill.ts', [
    "a wheel's metadata is compared with its hash before it is kept",
    'answer.status === 200 && isRight ?',
    'answer.status === 200 ?',
  ]),
  ...sabotages('lib/relay/served-index.ts', 'unit/relay/folders.ts unit/relay/faults.ts', [
    'a dead file host is not the fault of its index',
    'if (isOwn) outage.failed(fault)',
    'outage.failed(fault)',
  ]),
  ...sabotages(
    'lib/relay/upstream/outage.ts',
    'unit/relay/folders.ts unit/relay/faults.ts',
    [
      'DIB_PYPI_UNREACHABLE=keep leaves out no index',
      "return unreachable === 'drop' && isElsewhere",
      'return isElsewhere',
    ],
    [
      'an index that is down is left out only while another has the project',
      "return unreachable === 'drop' && isElsewhere",
      "return unreachable === 'drop'",
    ],
    [
      'a folder of what was kept does not count as another index',
      'other !== index && other.folder === undefined)',
      'other !== index)',
    ],
  ),
  ...sabotages(
    'lib/relay/upstream/server-index.ts',
    'unit/relay/serves.ts unit/relay/faults.ts',
    [
      'exclude-newer leaves out what was uploaded later',
      'excludeNewer(page.files.filter(mayFetch), config.excludeNewer)',
      'excludeNewer(page.files.filter(mayFetch), undefined)',
    ],
    ['a link to a repository goes past no rule', 'const links = hasRules ? [] : page.links', 'const { links } = page'],
    ['any answer says that an index is there', 'outage.answered()\n', '\n'],
    ['a page that its server does not let be kept is asked for again', '/no-(?:store|cache)/.test(control) ? 0 :', ''],
  ),
  ...sabotages('lib/relay/upstream/server-index.ts', 'unit/relay/hostile.ts', [
    'a page without an end is not read for ever',
    'const bytes = await readBody(body, largestPage)',
    'const bytes = await readBody(body, 2 * largestPage)',
  ]),
  ...sabotages('lib/relay/upstream/fetch-file.ts', 'unit/relay/hostile.ts', [
    'metadata without an end is not read for ever',
    "await gather(chunks, most, 'metadata')",
    "await gather(chunks, Number.POSITIVE_INFINITY, 'metadata')",
  ]),
  ...sabotages('lib/relay/remembered.ts', 'unit/relay/remembered-pages.ts', [
    'pages are remembered up to a bound',
    'if (weight + length <= most) return',
    'break',
  ]),
  ...sabotages(
    'lib/relay/upstream/outage.ts',
    'unit/relay/faults.ts',
    ['down is a matter of connections alone', 'if (!isOfConnection(faultOf(error))) answered()', ''],
    ['an index that answers again is asked again', 'if (isDown()) await tryOnce(longestTry)', ''],
  ),
  ...sabotages('lib/relay/upstream/fetch-file.ts', 'unit/relay/fill.ts', [
    'a file that comes whole by another status is kept',
    'isAll && first.status !== 200 ? asWhole',
    'false ? asWhole',
  ]),
  ...sabotages('lib/relay/server/serve.ts', 'unit/relay/fill.ts', [
    'what comes by another status that is no fault has its bytes',
    'return fetched.status < 400 ? await passBytes(call, wanted) : fetched',
    'return fetched',
  ]),
  ...sabotages(
    'lib/relay/upstream/fetch-file.ts',
    'unit/relay/downloads.ts unit/relay/faults.ts unit/relay/serves.ts',
    [
      'the rest of a file goes on where its beginning ended',
      'const isRest = rest.status === 206 && part?.from === received',
      'const isRest = rest.status === 206',
    ],
    [
      'a file in two parts is of one version',
      ", ...(validator === undefined ? {} : { 'If-Range': validator }) }",
      ' }',
    ],
    ['a weak ETag does not join two parts', "!headers.etag.startsWith('W/')", 'true'],
    [
      'what breaks off is not taken for whole',
      "throw new HttpError('connection', 'breaks the connection off')",
      'return',
    ],
  ),
  ...sabotages(
    'lib/relay/upstream/source.ts',
    'unit/relay/faults.ts',
    ['Retry-After is passed on', "  'retry-after',\n", ''],
    ['a cookie of a server is not passed on', "  'www-authenticate',\n", "  'www-authenticate',\n  'set-cookie',\n"],
  ),
  ...sabotages(
    'lib/relay/server/reply.ts',
    'unit/relay/folders.ts',
    ['what the relay serves fills no cache in the image', "{ 'Cache-Control': 'no-store' } as const", '{} as const'],
    ['a part is sent if it is of the same file', "(condition !== undefined && condition !== headers['etag'])", 'false'],
    ['a part ends where it was asked to', 'Math.min(Number(last) + 1, length)', 'length'],
  ),
  ...sabotages(
    'lib/relay/store/download.ts',
    'unit/relay/fill.ts unit/relay/downloads.ts',
    [
      'a file whose hash is not what its index tells is not kept',
      'if (isRight === false) return refuse',
      'if (isRight === null) return refuse',
    ],
    [
      'a page that says not found is not kept as a wheel',
      'if (!looksLikeDistribution(first)) return refuse',
      'if (first === null) return refuse',
    ],
    ['what may not be whole is not kept', 'if (!isProven) return refuse', 'if (isProven === null) return refuse'],
  ),
  ...sabotages('lib/relay/store/mirror-folder.ts', 'unit/relay/fill.ts unit/relay/downloads.ts', [
    'a full disk is said once, and the build goes on',
    'if (hasGivenUp) return\n',
    '\n',
  ]),
  ...sabotages(
    'lib/relay/store/growing-file.ts',
    'unit/relay/downloads.ts unit/relay/fill.ts',
    [
      'what is on its way cannot be read by others',
      "fileOf(open(path, 'wx+', 0o600), path, true)",
      "fileOf(open(path, 'wx+', 0o644), path, true)",
    ],
    ['a kept file is readable by every user', 'await file.chmod(0o666 & ~process.umask())', ''],
  ),
  ...sabotages(
    'lib/base/log.ts',
    'unit/relay/relay-log.ts',
    ['what a server sends steers no terminal', "line.replace(/[\\u0000-\\u001f\\u007f]+/g, ' ')", 'line'],
    ['a fault is said once', ' || said.has(line)', ''],
  ),
  ...sabotages(
    'lib/relay/run-relay.ts',
    'unit/relay/program.ts',
    ['the relay ends with the build, however that ends', 'watchBuild(config.build, end)', ''],
    [
      'the relay ends when it is told to',
      "for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end)",
      "for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)",
    ],
    ['to end the relay takes a secret of its own', 'control: newSecret() }', "control: 'control' }"],
  ),
  ...sabotages('lib/relay/control.ts', 'unit/mount-pypi-mirror.ts', [
    'what the relay is told of the environment has no other secret',
    '.filter(([name]) => forServers.test(name))',
    '',
  ]),
  ...sabotages('lib/relay/control.ts', 'unit/relay/start-relay.ts', [
    'a relay that cannot be reached is ended',
    'relay.kill()',
    '',
  ]),
  ...sabotages(
    'lib/relay/arrivals.ts',
    'unit/relay/lock.ts unit/relay/arrivals.ts',
    [
      'an installer does not get the last bytes of another file than the one in the lock',
      "if (lock !== undefined && sha256 !== sent.file.hashes['sha256'])",
      'if (sha256 === null)',
    ],
    [
      "no query of a mirror's URL is in a receipt",
      "const mirror = index.url.replace(/[?#].*/, '')",
      'const mirror = index.url',
    ],
    [
      'a receipt is the same whatever the order of the requests',
      'if (place < (arrived.get(key)?.place ?? Number.POSITIVE_INFINITY))',
      '',
    ],
    [
      'a file is in the receipt only when an installer has all of it',
      'if (begun.length === length) finish()',
      'finish()',
    ],
  ),
  ...sabotages(
    'lib/relay/lock.ts',
    'unit/relay/lock.ts',
    [
      "the lock's file comes from a server that tells its hash",
      ": told === hashes['sha256'])",
      ': told !== undefined)',
    ],
    [
      "a folder's own word for a hash is not enough under a lock",
      '(await digestOf(path, file.hashes)).isRight === true',
      '(await digestOf(path, hashes)) !== undefined',
    ],
    [
      'under a lock a project comes from the section that names it',
      'indexes.filter(({ isAsked }) => isAsked(project))',
      'indexes',
    ],
  ),
  ...sabotages(
    'lib/relay/lock.ts',
    'unit/relay/lock.ts',
    [
      'a file of which no hash is told is read whole before an installer gets any of it',
      'if (digest.isRight() !== true) throw',
      'if (digest.isRight() === undefined) throw',
    ],
    ['a file that is longer than the lock says is not read to its end', 'if (length > size) break', ''],
  ),
  ...sabotages('lib/relay/lock.ts', 'unit/relay/lock.ts', [
    'a project that is not in the lock is not found',
    "return { kind: 'none' }",
    "return { kind: 'page', files: [], links: [] }",
  ]),
  ...sabotages(
    'lib/relay/lock.ts',
    'unit/relay/lock.ts',
    [
      "a lock's files are not yanked, and have no metadata",
      'hashes, size, uploadTime, requiresPython }',
      "hashes, size, uploadTime, requiresPython, yanked: 'old' }",
    ],
    [
      'an offline build whose folder lacks a file of the lock ends before anything is mounted',
      'if (missing.length === 0) return',
      'if (missing.length >= 0) return',
    ],
  ),
  ...sabotages(
    'lib/relay/upstream/traffic.ts',
    'unit/relay/ahead/guesses.ts',
    ['what was fetched ahead is dropped if it is in the way', 'for (const drop of [...guesses]) drop()', ''],
    [
      'a request that was refused for what was fetched ahead is made once more',
      '|| isAlone) return answer',
      '|| answer !== undefined) return answer',
    ],
  ),
  ...sabotages('lib/relay/server/route.ts', 'unit/relay/program.ts', [
    "what pip and uv show of a file is its mirror's host",
    "host === '' ? 'folder' : host.replace(/[^\\w.-]/g, '')",
    "host === '' ? 'folder' : 'mirror'",
  ]),
]
