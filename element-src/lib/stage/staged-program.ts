import { join } from 'node:path'
import { stageEntry, stageMountPoint } from './paths.js'

/**
 * A program of the stage folder, run in the image by the staged loader.
 *
 * @param name Its name in there.
 * @returns What to run, before its arguments.
 */
export const stagedProgram = (name: string): readonly [string, ...string[]] => {
  const libraries = join(stageMountPoint, stageEntry.libraries)
  return [join(libraries, 'ld.so'), '--library-path', libraries, join(stageMountPoint, name)]
}
