import { writeFileSync } from 'node:fs'
import type { Environment } from './base/command.js'
import { UserError } from './base/errors.js'
import { textAt } from './base/files.js'
import { info, setVerbose, warn } from './base/log.js'
import { apply } from './config/apply.js'
import { secretsIn } from './config/merge.js'
import { etcPipConf, etcUvToml, systemUvToml } from './config/places.js'
import { planMountsOver } from './config/plan.js'
import { competingSettings } from './config/warnings.js'
import { type Footprint, noteTimes, removeMadeFolders } from './image/footprint.js'
import { inStage, openJson, readJson, runStaged, stagedProgram, stageEntry } from './image/stage.js'
import { findReachable, withPipFiles } from './probe/reachable.js'
import { describeIndexes, urlWithCredentials } from './settings/index-list.js'
import type { PipSettings } from './settings/settings.js'
import type { State } from './unconfigure-pypi-mirror.js'

/** What extra-data.d hands to pre-install.d. */
export interface StagedSettings {
  readonly pip: PipSettings
  /** What is in the image for no longer than the hook in its chroot runs. */
  readonly footprint: Footprint
  /** Where something is mounted for no longer than that. */
  readonly mountPoints: readonly string[]
  readonly verbose: boolean
}

/**
 * What pre-install.d does, in the image's chroot, as root: it asks which indexes answer, mounts pip's, easy_install's and
 * uv's configuration over the image's, takes the stage folder out of the image again, and writes down what it did.
 */
export const configurePypiMirror = async (environment: Environment): Promise<void> => {
  const staged = readJson<StagedSettings>(inStage(stageEntry.settings))
  if (staged === undefined)
    throw new UserError('the settings of extra-data.d are not here: did its hook 00-mount-pypi-mirror run?')
  const { footprint, mountPoints, verbose } = staged
  setVerbose(verbose)
  for (const warning of competingSettings(environment)) warn(warning)
  // The relay asked its indexes on the host.
  const indexes = staged.pip.relay
    ? staged.pip.indexes
    : await findReachable(staged.pip, withPipFiles(environment), stagedProgram('node'), 'image')
  const pip: PipSettings = { ...staged.pip, indexes }

  const done = apply(planMountsOver(pip, environment))
  const etcUv = textAt(etcUvToml)
  const systemUv = done.files.find(({ path, own }) => path === systemUvToml && own === undefined)
  if (systemUv !== undefined && etcUv === undefined)
    writeFileSync(inStage(stageEntry.systemUv), systemUv.content, { encoding: 'latin1', mode: 0o600 })
  const secrets = secretsIn(pip.indexes.map(urlWithCredentials), pip.relay)
  // Before the unmounting: the folder can no longer be seen from here afterwards.
  const writeState = openJson(inStage(stageEntry.state))
  // Lazily, since this very process runs from a file in there.
  runStaged('umount', ['--no-mtab', '--lazy', ...mountPoints])
  removeMadeFolders('/', footprint.madeFolders)
  const touchedFolders = [...done.touchedFolders, ...noteTimes('/', footprint.touchedFolders)]
  writeState({ ...done, touchedFolders, etcUv, secrets, verbose } satisfies State)
  info(`mounted over ${done.mountPoints.join(', ')} for this build`)
  if (done.mountPoints.includes(etcPipConf)) {
    info(
      `${etcPipConf} itself is mounted over, since it sets what beats the mirrors. A package that owns it cannot be upgraded or removed before finalise.d`,
    )
  }
  info(`installers ask ${pip.relay ? 'the relay' : describeIndexes(indexes)}`)
}
