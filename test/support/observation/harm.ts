import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ignoreErrors } from '../../../element-src/lib/base/errors.js'
import { localMirror } from '../builds/build-image.js'
import { differences, readTree } from './tree.js'

/** Files such as users' mirrors have: links, odd names and modes, an empty folder. */
const mirrorFiles: Readonly<Record<string, string>> = {
  'index.html': '<a href="demo-app/">demo-app</a>\n',
  'demo-app/index.html': '<a href="../files/demo_app-1.0-py3-none-any.whl">demo_app-1.0-py3-none-any.whl</a>\n',
  'files/demo_app-1.0-py3-none-any.whl': 'a wheel',
  '.hidden': 'hidden',
}

/** Looks after what no fault of a build may harm. */
export interface Host {
  /**
   * What builds have changed since: in the mirror, in the host's other files, or in this machine's list of mounts. A line
   * each. Where the machine has what the element has in an image, a build writes to a layer of its own (own-machine.sh).
   */
  readonly harm: () => readonly string[]
  /** What builds left in the folder that they are made in. */
  readonly leftovers: () => readonly string[]
}

/** Where a file system of the host's can be mounted in the mirror. */
export const folderInMirror = (scratch: string): string => join(localMirror(scratch), 'other-disk')

/** Makes a mirror and files beside it, as a host has them, and notes them and what the machine has mounted. */
export const watchHost = (scratch: string): Host => {
  const mirror = localMirror(scratch)
  for (const [path, text] of Object.entries(mirrorFiles)) {
    mkdirSync(dirname(join(mirror, path)), { recursive: true })
    writeFileSync(join(mirror, path), text)
  }
  symlinkSync('../files/demo_app-1.0-py3-none-any.whl', join(mirror, 'demo-app', 'link.whl'))
  mkdirSync(folderInMirror(scratch))
  mkdirSync(join(scratch, 'home', '.pip'), { recursive: true })
  writeFileSync(join(scratch, 'home', '.pip', 'pip.conf'), '[global]\ntimeout = 5\n')
  mkdirSync(join(scratch, 'machine'))
  const written = join(scratch, 'machine', 'written')
  const folders = [join(scratch, 'cache', 'pypi'), join(scratch, 'home', '.pip')]
  const look = () => folders.map(readTree)
  const mounts = (): readonly string[] =>
    readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      // Other tests may mount at the same time, but not below this one's folder.
      .filter((line) => line.includes(scratch))
  const [before, mounted] = [look(), mounts()]
  return {
    harm: () => {
      const after = look()
      return [
        ...folders.flatMap((folder, i) =>
          differences(before[i] ?? {}, after[i] ?? {}).map((line) => `${folder}: ${line}`),
        ),
        ...(ignoreErrors(['ENOENT'], () => readFileSync(written, 'utf8')) ?? 'no build ran')
          .split('\n')
          .filter(Boolean)
          .map((path) => `${path}: written`),
        ...mounts().filter((line) => !mounted.includes(line)),
      ]
    },
    leftovers: () =>
      readdirSync(scratch)
        .filter((name) => name.startsWith('build-'))
        .flatMap((name) =>
          (ignoreErrors(['ENOENT'], () => readdirSync(join(scratch, name, 'tmp'))) ?? []).map(
            (entry) => `${name}/${entry}`,
          ),
        ),
  }
}

/**
 * What runs a build with an eye on the mounts of its mount namespace.
 *
 * @param prepare bash, before the build, in the build's folder.
 * @param after bash, after the build, before the mounts are looked at.
 */
export const watchMounts = (prepare = '', after = ''): readonly string[] => [
  'bash',
  '-uc',
  `set -e
${prepare}
set +e
list() { awk '{ print $1, $5 }' /proc/self/mountinfo | sort; }
list >mounts-before
"$@"
status=$?
${after}
list | diff mounts-before - | sed -n 's/^< [0-9]* /gone: /p; s/^> [0-9]* /left: /p' >mounts
exit $status`,
  'bash',
]

/**
 * What a build changed in its mount namespace, where watchMounts ran it: `left: PATH`, `gone: PATH`.
 *
 * @param image The image that was to be made.
 */
export const changedMounts = (image: string): readonly string[] =>
  readFileSync(join(dirname(image), 'mounts'), 'utf8')
    .split('\n')
    .filter(Boolean)
