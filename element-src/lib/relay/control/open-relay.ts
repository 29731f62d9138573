import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../../base/environment.js'
import { UserError } from '../../base/errors.js'
import { findBuild } from '../../base/find-build.js'
import { warn } from '../../base/log.js'
import { layoutOf } from '../../index/layout.js'
import { chooseReachable } from '../../probe/choose-reachable.js'
import { type Probed, probeAll } from '../../probe/probe-all.js'
import type { Arrival } from '../../receipt/arrival.js'
import { type Index, indexAt } from '../../settings/index-list.js'
import type { PipSettings, Settings } from '../../settings/settings.js'
import { startRelay } from './start-relay.js'

/** Where dib has copied the relay to, below $TMP_HOOKS_PATH. */
const program = join('pypi-relay', 'pypi-relay')

/** The variables by which the relay reaches servers as pip would from the host. */
const forServers = /_proxy$|^(?:PIP_PROXY|PIP_CERT|PIP_CLIENT_CERT|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|SSL_CERT_FILE)$/i

/** What of the hook's environment the relay has to know. */
export const environmentForRelay = (environment: Environment): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value && forServers.test(name) ? [[name, value]] : [])),
  )

/**
 * Makes sure that the relay may fill a folder: it is absent, and made, or empty, or holds wheels and sdists side by side.
 *
 * @throws UserError where it holds anything else: what another tool made stays as it is.
 */
export const prepareFillFolder = (folder: string): void => {
  // dib keeps its cache in folders of these modes.
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const { kind } = layoutOf(folder, '')
  if (kind === 'empty' || kind === 'flat') return
  throw new UserError(
    `${folder} holds something else than wheels and sdists side by side, so DIB_PYPI_FILL_MIRROR does not touch it: name another DIB_IMAGE_CACHE, or unset DIB_PYPI_FILL_MIRROR`,
  )
}

/** A folder that is not there. */
const nowhere = '/proc/self/nowhere'

/** A relay that is open, and what installers are told in its place. */
export interface OpenRelay {
  /** The URL by which it is asked and ended. */
  readonly control: string
  readonly pip: PipSettings
}

/**
 * Opens the relay of a build: asks the indexes, from the host, then starts it in front of those that can be used.
 *
 * @returns What installers are told: the relay's own URLs, and nothing of what is behind them.
 * @throws UserError where the relay does not start, or an index is unusable and the build is to end on that.
 */
export const openRelay = async (
  settings: Settings,
  environment: Environment,
  lock: readonly Arrival[] | undefined,
): Promise<OpenRelay> => {
  const { pip } = settings
  const build = findBuild(settings.buildFolder)
  if (build === undefined) {
    throw new UserError(
      'disk-image-create is not among the processes that started this hook: run it by disk-image-create',
    )
  }
  const asked = pip.indexes.filter(({ absent }) => absent === undefined)
  const absent = pip.indexes.filter((index) => index.absent !== undefined)
  const servers = asked.filter(({ scheme }) => scheme !== 'file')
  const asker = settings.mirrorsFile === undefined ? 'host' : 'file'
  const answers = await probeAll({ ...pip, indexes: servers }, environment, [process.execPath], {}, asker)
  const probed = asked.map(
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
  if (lock !== undefined)
    for (const { label } of indexes.filter((index) => !isBehind(index)))
      warn(`${label} is a folder of the image, or is not there: under DIB_PYPI_LOCK it is not asked`)
  const started = await startRelay(
    join(settings.hooksFolder, program),
    {
      // One that is absent owns its projects all the same, and has none of them.
      indexes: [...indexes.filter(isBehind), ...absent.map((index) => ({ ...index, folder: nowhere }))],
      named: pip.indexes,
      environment: environmentForRelay(environment),
      unreachable: pip.unreachable,
      trustedHosts: pip.unverifiedHosts,
      mirror: settings.mirrorFolder,
      fill: settings.fill ? settings.mirrorFolder : undefined,
      receipt: settings.receipt,
      lock,
      build,
      imageRoot: settings.imageRoot,
      logFile: `/proc/${build.pid}/fd/1`,
    },
    { PATH: environment['PATH'] ?? '/usr/bin:/bin' },
  )
  const urls = [...started.indexes]
  const toTell =
    lock === undefined
      ? indexes.map((index) =>
          isBehind(index)
            ? { ...indexAt(urls.shift() ?? ''), isOfficial: index.isOfficial, isFilled: index.isFilled }
            : index,
        )
      : urls.map((url) => indexAt(url))
  return {
    control: started.control,
    pip: {
      ...pip,
      indexes: toTell,
      relay: true,
      trustedHosts: ['127.0.0.1'],
      unverifiedHosts: [],
    },
  }
}
