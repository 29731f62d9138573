import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { project } from '../../../build/project.js'
import { ignoreErrors } from '../../../element-src/lib/base/errors.js'
import { differences, parseTrees } from '../observation/tree.js'
import { installerLayer, smallRoot } from '../setup/fixtures.js'
import { ownMachine } from './build-image.js'
import { cleanEnvironment } from './clean-environment.js'
import { dibLibrary, elementOfOurs } from './dib.js'
import { type Finished, runProgram } from './run.js'

/** What to run. */
export interface Phases {
  /** bash, on the host, that makes the image's root, $ROOT, what the test wants. */
  readonly prepare?: string
  /** bash, in the chroot, as a hook of install.d would run. */
  readonly inChroot?: string
  /** bash, on the host, after dib has unmounted everything, on $ROOT. */
  readonly finalise?: string
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** The image's root, as a folder, which is not written to. */
  readonly root?: string
  /** Whether the image has installers in /srv/pips and /srv/installers (installerLayer), besides its own. */
  readonly withInstallers?: boolean
  /** Files of the image to look at in the end, which `kept` reads. */
  readonly keep?: readonly string[]
  /** The folder of the element whose hooks are run; ours by default. */
  readonly element?: string
  /** Whether the trees before and after are compared: by default they are. */
  readonly compare?: boolean
  /** What to do with each line of the log as it comes. */
  readonly onLine?: (line: string) => void
}

/** What became of it. */
export interface RanPhases extends Finished {
  /** What differs between the image before the element came and after it went, but for /tmp's own time; if compared. */
  readonly differences: readonly string[]
  /** Where something is still mounted in the image. */
  readonly mounted: readonly string[]
  /** Where something is still mounted elsewhere that was not before. */
  readonly mountedOutside: readonly string[]
  /** What is in the image's /tmp. */
  readonly inTmp: readonly string[]
  /** What is in root's home in the image, with what is mounted there. */
  readonly inHome: readonly string[]
  /** The text of a file that was kept, a character a byte, or undefined where the image does not have it in the end. */
  readonly kept: (path: string) => string | undefined
  /** What a path that was kept is in the end: permissions, owner and text, or where a link leads. */
  readonly keptEntry: (path: string) => string | undefined
}

const describeEntry = (path: string): string | undefined => {
  const found = ignoreErrors(['ENOENT', 'ENOTDIR'], () => lstatSync(path))
  if (found === undefined) return undefined
  if (found.isSymbolicLink()) return `link to ${readlinkSync(path)}`
  return `${found.mode.toString(8)} ${found.uid}:${found.gid} ${found.isFile() ? readFileSync(path, 'latin1') : ''}`
}

let count = 0

/** Runs the committed hooks in a scratch root (run-phases.sh). */
export const runPhases = async (scratch: string, phases: Phases): Promise<RanPhases> => {
  count += 1
  const { compare = true } = phases
  const folder = join(scratch, `phases-${count}`)
  mkdirSync(folder)
  writeFileSync(join(folder, 'prepare.sh'), phases.prepare ?? '')
  if (phases.inChroot !== undefined) writeFileSync(join(folder, '50-test.chroot.sh'), phases.inChroot)
  if (phases.finalise !== undefined) writeFileSync(join(folder, 'finalise.sh'), phases.finalise)
  const support = join(project, 'test', 'support')
  const finished = await runProgram(
    'unshare',
    [
      '-m',
      '--propagation',
      'private',
      ...ownMachine(scratch),
      join(support, 'builds', 'run-phases.sh'),
      folder,
      [...(phases.withInstallers ? [await installerLayer()] : []), phases.root ?? (await smallRoot())].join(':'),
      phases.element ?? elementOfOurs,
      dibLibrary(),
      join(support, 'observation', 'tree.py'),
    ],
    {
      ...(phases.onLine && { onLine: phases.onLine }),
      env: cleanEnvironment({
        DIB_IMAGE_CACHE: join(scratch, 'cache'),
        LC_ALL: 'C',
        KEEP: phases.keep?.join(' '),
        NO_TREES: compare ? undefined : '1',
        ...phases.environment,
      }),
    },
  )
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const lines = (name: string): readonly string[] => read(name).split('\n').filter(Boolean)
  const differencesFound = (): readonly string[] =>
    existsSync(join(folder, 'trees.json'))
      ? differences(...parseTrees(read('trees.json')))
      : ['the hooks did not come to an end']
  return {
    ...finished,
    differences: compare ? differencesFound().filter((line) => line !== '/tmp: time') : [],
    mounted: lines('mounted'),
    mountedOutside: lines('mounted-outside'),
    inTmp: lines('in-tmp'),
    inHome: lines('in-home'),
    kept: (path) =>
      existsSync(join(folder, 'kept', path)) ? readFileSync(join(folder, 'kept', path), 'latin1') : undefined,
    keptEntry: (path) => describeEntry(join(folder, 'kept', path)),
  }
}
