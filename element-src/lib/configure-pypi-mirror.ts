import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './base/command.js'
import type { Environment } from './base/environment.js'
import { info, setVerbose, warn } from './base/log.js'
import { apply } from './config/apply.js'
import { configFiles } from './config/config-files.js'
import { etcPipConf, etcUvToml, systemUvToml, textAt } from './config/places.js'
import { secretsIn } from './config/secrets.js'
import { competingSettings } from './config/warnings.js'
import { type Footprint, noteTimes, removeMadeFolders } from './image/footprint.js'
import { openJson, readJson } from './image/json-file.js'
import { cacheFolder, stagedProgram, stageEntry, stageMountPoint } from './image/paths.js'
import { folderWarnings } from './index/wheel-targets.js'
import { chooseReachable } from './probe/choose-reachable.js'
import { probeAll, readPipOptions } from './probe/probe-all.js'
import { describeIndexes, urlWithCredentials } from './settings/index-list.js'
import type { PipSettings } from './settings/settings.js'
import type { StagedSettings, State } from './staged.js'

/**
 * Takes out of the image what it had for the hook in the chroot alone, and writes down what that hook did: its last step.
 *
 * @param done What cleanup.d has to undo besides.
 */
const unmountStage = <Done extends Footprint>(
  { mountPoints, footprint }: { readonly mountPoints: readonly string[]; readonly footprint: Footprint },
  done: Done,
): void => {
  // Before the unmounting: the folder can no longer be seen from here afterwards.
  const writeState = openJson(join(stageMountPoint, stageEntry.state))
  const [program, ...args] = stagedProgram(stageEntry.unmount)
  // Lazily, since this very process runs from a file in there.
  run(program, [...args, '--no-mtab', '--lazy', ...mountPoints])
  removeMadeFolders('/', footprint.madeFolders)
  const touchedFolders = [...done.touchedFolders, ...noteTimes('/', footprint.touchedFolders)]
  writeState({ ...done, touchedFolders })
}

/**
 * What pre-install.d does, in the image's chroot, as root: it asks which indexes answer, mounts pip's, easy_install's and
 * uv's configuration over the image's, and takes the stage folder out of the image again.
 *
 * @throws UserError if extra-data.d did not run, an index does not answer and the user wants the build to end on
 *   that, or the files cannot be mounted.
 */
export const configurePypiMirror = async (environment: Environment): Promise<void> => {
  const {
    pip: asked,
    asksIndexes,
    ...staged
  } = readJson<StagedSettings>(
    join(stageMountPoint, stageEntry.settings),
    'the settings of extra-data.d are not here: did its hook 00-mount-pypi-mirror run?',
  )
  setVerbose(staged.verbose)
  for (const folder of staged.onlyFolders) folderWarnings(folder).forEach(warn)
  for (const warning of competingSettings(environment)) warn(warning)
  const indexes = asksIndexes
    ? chooseReachable(
        await probeAll(asked, environment, stagedProgram(stageEntry.node), 'image', readPipOptions(environment)),
        asked.unreachable,
      )
    : asked.indexes
  const pip: PipSettings = { ...asked, indexes }

  const programs = { mount: stagedProgram(stageEntry.mount), copy: stagedProgram(stageEntry.copy) }
  const caches = { pip: join(cacheFolder, 'pip'), uv: join(cacheFolder, 'uv') }
  const done = apply(stageMountPoint, programs, configFiles(pip, environment, caches))
  const etcUv = textAt(etcUvToml)
  const systemUv = done.files.find(({ path }) => path === systemUvToml)
  if (systemUv !== undefined && systemUv.own === undefined && etcUv === undefined) {
    writeFileSync(join(stageMountPoint, stageEntry.systemUv), systemUv.content, { encoding: 'latin1', mode: 0o600 })
  }
  const secrets = secretsIn(pip.indexes.map(urlWithCredentials), pip.relay)
  unmountStage(staged, { ...done, etcUv, secrets, verbose: staged.verbose } satisfies State)
  info(`mounted over ${done.mountPoints.join(', ')} for this build`)
  if (done.mountPoints.includes(etcPipConf)) {
    info(
      `${etcPipConf} is mounted over by itself, since it sets what beats the mirrors: a package that owns it cannot be upgraded or removed before finalise.d`,
    )
  }
  info(`installers ask ${asksIndexes ? describeIndexes(indexes) : 'the relay'}`)
}
