import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { project } from '../../../build/project.js'
import { smallRootTarball } from '../setup/fixtures.js'
import { cleanEnvironment } from './clean-environment.js'
import { writeElement } from './element.js'
import { type Finished, runProgram } from './run.js'

export { type Ending, scratchFolder } from './scratch.js'

/** A build to make. */
export interface Build {
  /** What an element of the test's own does: its hooks, `<phase>.d/<name>`. */
  readonly hooks?: Readonly<Record<string, string>>
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Options of disk-image-create. */
  readonly options?: readonly string[]
  /** Whether `pypi` is among the elements. */
  readonly withPypi?: boolean
  /** Elements of dib's own, or of `elementsPath`, besides. */
  readonly elements?: readonly string[]
  /** Further folders of elements. */
  readonly elementsPath?: readonly string[]
  /** Whether that `pypi` is dib's own; ours by default. */
  readonly isDibsOwn?: boolean
  /** The element of the operating system; by default one that unpacks `root`. */
  readonly system?: string
  /** The tarball of the image's root. */
  readonly root?: string
  /** The image's type, as disk-image-create names it; or several, with commas between them. */
  readonly type?: string
  /** Which of dib's programs: disk-image-create by default. */
  readonly program?: 'disk-image-create' | 'ramdisk-image-create'
  /** What runs disk-image-create, in the build's mount namespace: a program with its arguments, such as `su`. */
  readonly runBy?: readonly string[]
  /** What to do with each line of the log as it comes. */
  readonly onLine?: (line: string) => void
}

/** What became of a build. */
export interface BuiltImage extends Finished {
  /** The image, where it was made; the first of several. */
  readonly image: string
}

/**
 * What runs a command so that harm() sees what it wrote, and nothing that others write meanwhile; where it is asked for.
 */
export const ownMachine = (scratch: string): readonly string[] =>
  existsSync(join(scratch, 'machine')) ? [join(project, 'test', 'support', 'builds', 'own-machine.sh'), scratch] : []

let count = 0

/**
 * Runs disk-image-create for real, in a mount namespace of its own, so that what a failed build leaves mounted goes with
 * it. The cache is below the scratch folder.
 */
export const buildImage = async (scratch: string, build: Build): Promise<BuiltImage> => {
  const {
    hooks = {},
    environment = {},
    options = [],
    withPypi = true,
    elements = [],
    elementsPath = [],
    isDibsOwn = false,
    system = 'small-root',
    root = await smallRootTarball(),
    type = 'tar',
    runBy = [],
    onLine,
    program = 'disk-image-create',
  } = build
  count += 1
  const folder = join(scratch, `build-${count}`)
  const temporary = join(folder, 'tmp')
  mkdirSync(temporary, { recursive: true })
  writeElement(join(folder, 'elements'), 'work', hooks)
  const image = join(folder, 'image')
  const names = [system, ...(withPypi ? ['pypi'] : []), ...elements, 'work']
  const finished = await runProgram(
    'unshare',
    [
      '-m',
      '--propagation',
      'private',
      ...ownMachine(scratch),
      ...runBy,
      program,
      '-n',
      '-t',
      type,
      '-o',
      image,
      ...options,
      ...names,
    ],
    {
      cwd: folder,
      ...(onLine && { onLine }),
      env: cleanEnvironment({
        HOME: join(scratch, 'home'),
        TMP_DIR: temporary,
        DIB_IMAGE_CACHE: join(scratch, 'cache'),
        DIB_NO_TIMESTAMP: '1',
        // In megabytes, of the image's file system: 64 by default, more than a tiny root.
        DIB_JOURNAL_SIZE: '4',
        // dib starts Python twelve times for an image, and each imports all of networkx, of stevedore or of pkg_resources.
        PYTHONPATH: join(project, 'test', 'support', 'builds', 'python'),
        ELEMENTS_PATH: [...(isDibsOwn ? [] : ['elements']), 'test/support/builds/elements']
          .map((path) => join(project, path))
          .concat(join(folder, 'elements'), elementsPath)
          .join(':'),
        SMALL_ROOT_TARBALL: root,
        ...environment,
      }),
    },
  )
  return { ...finished, image: `${image}.${type.split(',')[0]}` }
}

/** Where the local mirror of a scratch folder is. */
export const localMirror = (scratch: string): string => join(scratch, 'cache', 'pypi', 'mirror')

/**
 * The names of the entries in a tarball.
 *
 * @param tarball An image of the type tar.
 */
export const namesInTarball = (tarball: string): readonly string[] =>
  execFileSync('tar', ['-tf', tarball], { encoding: 'utf8', maxBuffer: 1 << 28 })
    .split('\n')
    .map((name) => name.replace(/^\./, '').replace(/\/$/, ''))

/**
 * A file in a tarball.
 *
 * @param tarball An image of the type tar.
 * @param path Its path in the image.
 */
export const readFromTarball = (tarball: string, path: string): string =>
  execFileSync('tar', ['-xOf', tarball, `.${path}`], { encoding: 'utf8' })

/** The lines that the element's hooks wrote to a build's log, with `N` for milliseconds. */
export const ownLines = (log: string): readonly string[] =>
  log
    .split('\n')
    .filter((line) => line.startsWith('pypi: '))
    .map((line) => line.slice('pypi: '.length).replace(/\b\d+ ms\b/, 'N ms'))

/** Says that a build succeeded, and shows the end of its log where it did not. */
export const succeeded = (t: Test, build: Finished): void => {
  t.equal(build.status, 0, 'the build succeeds', { log: build.log.slice(-3000) })
}
