import { closeSync, openSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './hook/command.js'
import { tolerate } from './hook/error.js'
import { info, setVerbose, warn } from './hook/log.js'
import { modificationTime } from './image/modification-time.js'
import { configFiles } from './installers/config-files.js'
import { competingSettings } from './installers/pip/competing-settings.js'
import { competingUvSettings } from './installers/uv/competing-settings.js'
import { overmountFiles } from './overmount/overmount-files.js'
import { chooseReachable } from './probe/choose-reachable.js'
import { probeAll } from './probe/probe-all.js'
import { describeIndexes } from './settings/indexes.js'
import type { Environment } from './settings/mirrors.js'
import type { PipSettings } from './settings/settings.js'
import { readJson } from './stage/json-file.js'
import { stageEntry, stageMountPoint } from './stage/paths.js'
import type { Footprint, StagedSettings, State } from './stage/state.js'

/** A program of the staged folder, run by the staged loader. */
const stagedProgram = (name: string): readonly [string, ...string[]] => {
  const libraries = join(stageMountPoint, stageEntry.libraries)
  return [join(libraries, 'ld.so'), '--library-path', libraries, join(stageMountPoint, name)]
}

/**
 * Takes out of the image what it had for this hook alone, and writes down what the hook did: its last step.
 *
 * @param footprint What to take out.
 * @param done What cleanup.d has to undo besides.
 */
const unmountStage = (footprint: Footprint, done: State): void => {
  const file = openSync(join(stageMountPoint, stageEntry.state), 'wx', 0o600)
  const [program, ...args] = stagedProgram(stageEntry.unmount)
  // Lazily, since this very process runs from a file in there.
  run(program, [...args, '--no-mtab', '--lazy', ...footprint.mountPoints])
  for (const path of [...footprint.madeFolders].reverse()) {
    // Not empty: another hook's files are in it.
    tolerate(['ENOTEMPTY', 'EEXIST'], () => rmdirSync(path))
  }
  const touchedFolders = footprint.touchedFolders.map((folder) => ({ ...folder, after: modificationTime(folder.path) }))
  // Open since before the unmounting: the folder is no longer to be seen from here.
  writeFileSync(file, JSON.stringify({ ...done, touchedFolders: [...done.touchedFolders, ...touchedFolders] }))
  closeSync(file)
}

/**
 * What pre-install.d does, in the image's chroot, as root: it asks which indexes answer, lays pip's, easy_install's and uv's
 * configuration over root's, and takes the staged folder out of the image again.
 *
 * @param environment The hook's environment.
 * @throws HookError where extra-data.d did not run, an index does not answer and the user wants the build to end on
 *   that, or the files cannot be laid.
 */
export const configurePypiMirror = async (environment: Environment): Promise<void> => {
  const {
    pip: asked,
    footprint,
    asksIndexes,
    verbose,
  } = readJson<StagedSettings>(
    join(stageMountPoint, stageEntry.settings),
    'the settings of extra-data.d are not here: did its hook 00-mount-pypi-mirror run?',
  )
  setVerbose(verbose)
  const { overridden, warnings } = competingSettings(environment)
  for (const warning of [...warnings, ...competingUvSettings(environment)]) warn(warning)
  const indexes = asksIndexes
    ? chooseReachable(await probeAll(asked, environment, stagedProgram(stageEntry.node)), asked.unreachable)
    : asked.indexes
  const pip: PipSettings = { ...asked, indexes }
  const done = overmountFiles(
    stageMountPoint,
    stagedProgram(stageEntry.mount),
    configFiles(pip, overridden, environment),
  )
  unmountStage(footprint, { ...done, verbose })
  info(
    `laid ${done.laid.map(({ path }) => path).join(', ')} for this build; ${asksIndexes ? describeIndexes(indexes) : 'installers ask the relay'}`,
  )
}
