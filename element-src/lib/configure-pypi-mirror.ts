import { closeSync, existsSync, openSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readJson } from './handover/json-file.js'
import { handoverMountPoint, staged } from './handover/paths.js'
import type { Borrowed, Handover, State } from './handover/state.js'
import { run } from './hook/command.js'
import { tolerate } from './hook/error.js'
import { info, setVerbose, warn } from './hook/log.js'
import { modificationTime } from './overlay/folder-time.js'
import { layFiles } from './overlay/lay-files.js'
import { competingSettings } from './pip/competing-settings.js'
import { renderPipConf } from './pip/pip-conf.js'
import { renderPydistutilsCfg } from './pip/pydistutils-cfg.js'
import { chooseReachable } from './probe/choose-reachable.js'
import { probeAll } from './probe/probe-all.js'
import { describeIndexes } from './settings/describe.js'
import { easyInstallIndex } from './settings/indexes.js'
import type { Environment } from './settings/mirrors.js'
import type { PipSettings } from './settings/settings.js'
import { competingUvSettings } from './uv/competing-settings.js'
import { renderUvToml } from './uv/uv-toml.js'

const home = '/root'

/** A program of the staged folder, run by the staged loader. */
const stagedProgram = (name: string): readonly [string, ...string[]] => {
  const libraries = join(handoverMountPoint, staged.libraries)
  return [join(libraries, 'ld.so'), '--library-path', libraries, join(handoverMountPoint, name)]
}

/**
 * Takes out of the image what it had for this hook alone, and writes down what the hook did: its last step.
 *
 * @param borrowed What to take out.
 * @param done What cleanup.d has to undo besides.
 */
const giveBack = (borrowed: Borrowed, done: State): void => {
  const file = openSync(join(handoverMountPoint, staged.state), 'wx', 0o600)
  const [program, ...args] = stagedProgram(staged.unmount)
  // Lazily, since this very process runs from a file in there.
  run(program, [...args, '--no-mtab', '--lazy', ...borrowed.mountPoints])
  for (const path of [...borrowed.madeFolders].reverse()) {
    // Not empty: another hook's files are in it.
    tolerate(['ENOTEMPTY', 'EEXIST'], () => rmdirSync(path))
  }
  const touchedFolders = borrowed.touchedFolders.map((folder) => ({ ...folder, after: modificationTime(folder.path) }))
  // Open since before the unmounting: the folder is no longer to be seen from here.
  writeFileSync(file, JSON.stringify({ ...done, touchedFolders: [...done.touchedFolders, ...touchedFolders] }))
  closeSync(file)
}

/**
 * What pre-install.d does, in the image's chroot, as root: it asks which indexes answer, lays pip's, easy_install's and uv's
 * configuration over root's, and takes the staged folder out of the image again.
 *
 * @param environment The hook's environment.
 * @throws HookError where extra-data.d did not run, an index does not answer and the person wants the build to end on
 *   that, or the files cannot be laid.
 */
export const configurePypiMirror = async (environment: Environment): Promise<void> => {
  const {
    pip: asked,
    borrowed,
    verbose,
  } = readJson<Handover>(
    join(handoverMountPoint, staged.settings),
    'the settings of extra-data.d are not here: did its hook 00-mount-pypi-mirror run?',
  )
  setVerbose(verbose)
  const { overridden, warnings } = competingSettings(environment)
  for (const warning of [...warnings, ...competingUvSettings(environment)]) warn(warning)
  const probed = await probeAll(asked, environment, stagedProgram(staged.node))
  const pip: PipSettings = { ...asked, indexes: chooseReachable(probed, asked.unreachable) }

  // ~/.config/pip/pip.conf would beat ~/.pip/pip.conf key by key. pip 1.5 knows ~/.pip/pip.conf alone.
  const configHome = environment['XDG_CONFIG_HOME'] || join(home, '.config')
  const newer = join(configHome, 'pip', 'pip.conf')
  const done = layFiles(handoverMountPoint, stagedProgram(staged.mount), [
    { path: join(home, '.pip', 'pip.conf'), source: 'pip.conf', content: renderPipConf(pip, overridden) },
    {
      path: join(home, '.pydistutils.cfg'),
      source: 'pydistutils.cfg',
      content: renderPydistutilsCfg(easyInstallIndex(pip.indexes)),
    },
    { path: join(configHome, 'uv', 'uv.toml'), source: 'uv.toml', content: renderUvToml(pip) },
    ...(existsSync(newer) ? [{ path: newer, source: 'newer-pip.conf', content: '' }] : []),
  ])
  giveBack(borrowed, { ...done, verbose })
  info(`laid ${done.laid.map(({ path }) => path).join(', ')} for this build; ${describeIndexes(pip.indexes)}`)
}
