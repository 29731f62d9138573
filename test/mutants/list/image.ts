import { type Mutant, sabotages } from '../mutant.js'

/** The image and the host: nothing is left, nothing is open, nothing leads elsewhere. */
export const ofImage: readonly Mutant[] = [
  ...sabotages(
    'lib/base/log.ts',
    'unit/base/run-hook.ts',
    ['a hook that ends before it is done fails the build', 'process.exitCode = 1\n', 'process.exitCode = 0\n'],
    ['no stack trace is in the log', '!(error instanceof UserError) && verbose &&', ''],
  ),
  ...sabotages('lib/base/log.ts', 'unit/base/run-hook.ts', [
    'a umask of the host that closes everything closes nothing to the users of the image',
    'process.umask(0o022)',
    'process.umask()',
  ]),
  ...sabotages('lib/base/files.ts', 'unit/base/files.ts', [
    'a FIFO in the place of a file is not waited for',
    'statSync(path).isFile() ? readFileSync(path) : undefined',
    'readFileSync(path)',
  ]),
  ...sabotages('lib/base/build.ts', 'unit/base/find-build.ts', [
    'disk-image-create is told from its hooks',
    '.includes(`TMP_BUILD_DIR=${buildFolder}`)',
    ".some((line) => line.startsWith('TMP_BUILD_DIR='))",
  ]),
  ...sabotages(
    'lib/base/build.ts',
    'unit/base/watch-build.ts',
    ['another process with the number of the build is not the build', ' && fields[19] === startTime', ''],
    ['a build that has ended is seen', "return fields[0] !== 'Z' && fields[0] !== 'X' &&", 'return'],
  ),
  ...sabotages(
    'lib/mount-pypi-mirror.ts',
    'unit/mount-pypi-mirror.ts',
    [
      'the stage folder is closed to other users of the host while the build runs',
      'mkdirSync(folder, { mode: 0o700 })',
      'mkdirSync(folder)',
    ],
    [
      'a folder that another tool made is not filled',
      '.every(({ isFlat }) => isFlat)) return',
      '.every(Boolean)) return',
    ],
    [
      'a mount that fails does not leave the relay running',
      "if (relay !== undefined) await askRelay(relay.control, 'POST').catch(() => undefined)",
      '',
    ],
  ),
  ...sabotages(
    'lib/unconfigure-pypi-mirror.ts',
    'unit/unconfigure-pypi-mirror.ts',
    [
      'cleanup.d does not go on with what dib did not unmount',
      ', ...targets.filter(topMount).map((target) => `${target} is still mounted`)',
      '',
    ],
    ['cleanup.d looks for the caches', 'entryInRoot(imageRoot, cacheFolder) !== undefined', 'false'],
    ['cleanup.d ends the relay', 'await closeRelay(started.control)', 'undefined'],
    ['a fault of the undoing fails the build', 'left.push(...faults, ', 'left.push('],
    [
      'an index that went down fails the build also where a hook took it lightly',
      'if (relay?.failure) throw',
      'if (relay?.failure === "") throw',
    ],
    [
      'a build without the hook in the chroot fails',
      'if (done === undefined)\n    throw',
      'if (done === undefined) return\n  if (done === null)\n    throw',
    ],
  ),
  ...sabotages(
    'lib/image/stage.ts',
    'unit/image/json-file.ts',
    ['what one hook hands to the next is closed to other users', '0o600', '0o644'],
    [
      'a file that is damaged is not shown',
      'throw new UserError(`${path} is damaged',
      'throw new UserError(`${text} is damaged',
    ],
  ),
  ...sabotages('lib/mount-pypi-mirror.ts', 'unit/mount-pypi-mirror.ts', [
    'the build folder is closed, which dib leaves open to every user of the host',
    'chmodSync(folder, 0o700)',
    'chmodSync(folder, mode)',
  ]),
  ...sabotages(
    'lib/image/mounts.ts',
    'unit/image/fstab.ts',
    [
      'mounts are private, so that dib does not unmount them on the host',
      'const shared = `private,',
      'const shared = `',
    ],
    ['the mirror is read-only', "isWritable ? 'rw' : 'ro'", "'rw'"],
    ['a blank in a path is a blank', '/[^A-Za-z0-9/._-]/g', '/[^A-Za-z0-9 /._-]/g'],
  ),
  ...sabotages(
    'lib/image/mounts.ts',
    'hook/failing-hosts.ts',
    [
      'a mount that is not read-only fails the build',
      'if (!isWritable && !found.isReadOnly) return',
      'if (found === null) return',
    ],
    [
      'mounts are undone when one fails',
      ".flatMap((target) => faultsOf(() => run('sudo', ['umount', '-l', target])))",
      '.flatMap(() => [])',
    ],
  ),
  ...sabotages(
    'lib/image/mounts.ts',
    'unit/image/mount-into-image.ts',
    [
      'a mount that is missing fails the build',
      "if (found === undefined) return 'is not mounted'",
      'if (found === undefined) return undefined',
    ],
    ['no folder of ours is left where a mount fails', "run('sudo', ['rmdir', ...", "run('true', [..."],
  ),
  ...sabotages('lib/image/mounts.ts', 'unit/image/mountinfo.ts', [
    'a mount that is shared is told',
    '/^(?:shared|master):/.test(tag)',
    '/^shared:/.test(tag)',
  ]),
  ...sabotages('lib/image/mounts.ts', 'unit/image/partitions.ts', [
    'a partition for which dib would not unmount ours is refused',
    'target.endsWith(path)',
    'target === path',
  ]),
  ...sabotages(
    'lib/image/path-in-root.ts',
    'unit/image/path-in-root.ts',
    [
      'no link in the image leads to files of the host',
      'linkOnWay(root, path) === undefined ? lstatAt(join(root, path)) : undefined',
      'lstatAt(join(root, path))',
    ],
    ['an absolute link in the image stays in the image', "if (target.startsWith('/')) done = '/'", ''],
    [
      'a link to itself is refused',
      'if (links > mostLinks) return',
      'if (links > mostLinks) break\n    if (links < 0) return',
    ],
  ),
  ...sabotages('lib/image/path-in-root.ts', 'unit/image/refuse-files.ts', [
    'a file where a folder is needed is refused',
    'entryInRoot(root, path)?.isDirectory() === false',
    'root === path',
  ]),
  ...sabotages(
    'lib/image/footprint.ts',
    'unit/image/footprint.ts',
    ['a folder gets its time back', 'now === after ? before : now', 'now'],
    ["the time of another hook's change stays", 'now === after ? before : now', 'before'],
    [
      "a folder with another hook's file in it stays",
      "ignoreErrors(['ENOTEMPTY', 'EEXIST', 'EBUSY'], () => {",
      'ignoreErrors([], () => {',
    ],
    [
      'a link in the place of a folder of ours is not followed',
      'if (!entryInRoot(root, path)?.isDirectory()) continue\n    ignoreErrors',
      'ignoreErrors',
    ],
  ),
  ...sabotages('lib/image/attributes.ts', 'unit/image/modification-time.ts', [
    'times come back to the nanosecond',
    "/\\d{9}$/, '.$&'",
    "/\\d{9}$/, ''",
  ]),
  ...sabotages('lib/mount-pypi-mirror.ts', 'hook/no-mirror.ts', [
    'the log says that PyPI is asked only if installers are told of it',
    'pip.indexes.some(({ isOfficial }) => isOfficial) ||',
    'pip.indexes.length === 0 ||',
  ]),
  ...sabotages('lib/mount-pypi-mirror.ts', 'hook/made-indexes.ts', [
    "a folder without a file for the image's Python is named before pip looks",
    'if (fault !== undefined) warn(`${join(mirrorMountPoint, below)}: ${fault}`)',
    '',
  ]),
  ...sabotages('lib/configure-pypi-mirror.ts', 'hook/competing-settings.ts', [
    'what beats the mirrors is named',
    'for (const warning of competingSettings(environment)) warn(warning)\n',
    '',
  ]),
]
