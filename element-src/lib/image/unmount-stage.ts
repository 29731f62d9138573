import { join } from 'node:path'
import { run } from '../base/command.js'
import { type Footprint, noteTimes, removeMadeFolders } from './footprint.js'
import { openJson } from './json-file.js'
import { stagedProgram, stageEntry, stageMountPoint } from './paths.js'

/**
 * Takes out of the image what it had for the hook in the chroot alone, and writes down what that hook did: its last step.
 *
 * @param done What cleanup.d has to undo besides.
 */
export const unmountStage = <Done extends Footprint>(
  { mountPoints, footprint }: { readonly mountPoints: readonly string[]; readonly footprint: Footprint },
  done: Done,
): void => {
  // Before the unmounting: the folder is no longer to be seen from here afterwards.
  const writeState = openJson(join(stageMountPoint, stageEntry.state))
  const [program, ...args] = stagedProgram(stageEntry.unmount)
  // Lazily, since this very process runs from a file in there.
  run(program, [...args, '--no-mtab', '--lazy', ...mountPoints])
  removeMadeFolders('/', footprint.madeFolders)
  const touchedFolders = [...done.touchedFolders, ...noteTimes('/', footprint.touchedFolders)]
  writeState({ ...done, touchedFolders })
}
