import { join } from 'node:path'
import type { Environment } from '../../base/environment.js'
import { UserError } from '../../base/errors.js'
import { findBuild } from '../../base/find-build.js'
import { chooseReachable } from '../../probe/choose-reachable.js'
import { type Probed, probeAll } from '../../probe/probe-all.js'
import { type Index, indexAt, urlWithCredentials } from '../../settings/index-list.js'
import type { PipSettings, Settings } from '../../settings/settings.js'
import type { RelayConfig, RelayIndex } from '../config.js'
import { environmentForRelay } from './plan-relay.js'
import { startRelay } from './start-relay.js'

/** pip's own number of retries (pip's documentation, `--retries`): the relay's where the user names none. */
const usualRetries = 5

/** Where dib has copied the relay to, below $TMP_HOOKS_PATH. */
const program = join('pypi-relay', 'pypi-relay')

/** A relay that is open, and what installers are told in its place. */
export interface OpenRelay {
  /** The URL below which it answers. */
  readonly base: string
  readonly pip: PipSettings
}

/**
 * Opens the relay of a build: asks the indexes, from the host, then starts it in front of those that can be used.
 *
 * @param settings The settings of the build.
 * @param environment The hook's environment.
 * @returns What installers are told: the relay's own URLs, and nothing of what is behind them.
 * @throws UserError where the relay does not start, or an index is unusable and the build is to end on that.
 */
export const openRelay = async (settings: Settings, environment: Environment): Promise<OpenRelay> => {
  const { pip } = settings
  const build = findBuild(settings.buildFolder)
  if (build === undefined) {
    throw new UserError(
      'disk-image-create is not among the processes that started this hook: run it by disk-image-create',
    )
  }
  const servers = pip.indexes.filter(({ scheme }) => scheme !== 'file')
  const asker = settings.mirrorsFile === undefined ? 'host' : 'file'
  const answers = await probeAll({ ...pip, indexes: servers }, environment, [process.execPath], {}, asker)
  const probed = pip.indexes.map(
    (index): Probed =>
      answers.find((answer) => answer.index === index) ?? {
        index,
        state: 'up',
        reason: index.folder === undefined ? 'is a folder of the image, if it has it' : 'is a folder',
        milliseconds: 0,
      },
  )
  const indexes = chooseReachable(probed, pip.unreachable)
  // A folder of the image's own is nothing that the host can serve: installers are told of it as it is.
  const isBehind = ({ scheme, folder }: Index): boolean => scheme !== 'file' || folder !== undefined
  const config: RelayConfig = {
    indexes: indexes.filter(isBehind).map(
      ({ scheme: _scheme, host: _host, url, credentials, folder, ...index }): RelayIndex => ({
        ...index,
        url: folder === undefined ? urlWithCredentials({ url, credentials }) : undefined,
        folder,
      }),
    ),
    environment: environmentForRelay(environment),
    unreachable: pip.unreachable,
    retries: pip.retries ?? usualRetries,
    trustedHosts: pip.unverifiedHosts,
    fill: settings.fill ? settings.mirrorFolder : undefined,
    build,
    logFile: `/proc/${build.pid}/fd/1`,
  }
  const { base, indexes: urls } = await startRelay(join(settings.hooksFolder, program), config, {
    PATH: environment['PATH'] ?? '/usr/bin:/bin',
  })
  const toTell = [...urls]
  return {
    base,
    pip: {
      ...pip,
      indexes: indexes.map((index) =>
        isBehind(index) ? { ...indexAt(toTell.shift() ?? base), isOfficial: index.isOfficial } : index,
      ),
      relay: true,
      trustedHosts: ['127.0.0.1'],
      unverifiedHosts: [],
    },
  }
}
