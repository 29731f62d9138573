import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { project } from '../../../build/project.js'

/** A folder that dib came with, on this machine: of the Python that disk-image-create runs on. */
const dibFolder = (name: 'lib' | 'elements'): string => {
  const program = execFileSync('sh', ['-c', 'command -v disk-image-create'], { encoding: 'utf8' }).trim()
  const python = execFileSync('sed', ['-n', '1s/^#! *//p', program], { encoding: 'utf8' }).trim()
  const code = `import diskimage_builder.paths as paths; print(paths.get_path("${name}"))`
  return execFileSync(python, ['-c', code], { encoding: 'utf8' }).trim()
}

let library: string | undefined

/** dib's lib folder. */
export const dibLibrary = (): string => {
  library ??= dibFolder('lib')
  return library
}

/** dib's own element `pypi`. */
export const elementOfDib = (): string => join(dibFolder('elements'), 'pypi')

/** Our element, as it is committed. */
export const elementOfOurs = join(project, 'elements', 'pypi')

/** The hooks of our element, `<phase>.d/<name>`, in the order in which dib runs them. */
export const hooksOfOurs = [
  'extra-data.d/00-mount-pypi-mirror',
  'pre-install.d/00-configure-pypi-mirror',
  'cleanup.d/00-unconfigure-pypi-mirror',
]

/** Those of dib's own element. */
export const hooksOfDib = [
  'extra-data.d/00-mount-pypi-mirror',
  'pre-install.d/04-configure-pypi-mirror',
  'post-install.d/00-unconfigure-pypi-mirror',
]
