import { realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from './base/errors.js'
import { info, setVerbose, warn } from './base/log.js'
import type { Applied } from './config/apply.js'
import { revert } from './config/revert.js'
import { lateIndexes, unreadUvToml } from './config/warnings.js'
import { removeMadeFolders } from './image/footprint.js'
import { topMount } from './image/mounts.js'
import { entryInRoot } from './image/path-in-root.js'
import { cacheFolder, flatIndexMountPoint, mirrorMountPoint, readJson, stageEntry, stageFolder } from './image/stage.js'
import { type ReceiptPlan, writeReceipt } from './receipt/receipt-file.js'
import { closeRelay } from './relay/control.js'

/** What pre-install.d hands to cleanup.d. */
export interface State extends Applied {
  /** What the image's /etc/uv/uv.toml said, for which every user's uv reads ours. */
  readonly etcUv: string | undefined
  /** What must not get into the image. */
  readonly secrets: readonly string[]
  readonly verbose: boolean
}

/**
 * What cleanup.d does, on the host, as root: it takes out of the finished image what the element needed there, and proves
 * that nothing is left.
 *
 * @param hooksFolder dib's $TMP_HOOKS_PATH.
 * @param imageRoot dib's $TARGET_ROOT, the finished image.
 * @throws UserError if pre-install.d did not run to its end, something of ours is left in the image, or an index went down
 *   and the build is to end on that.
 */
export const unconfigurePypiMirror = async (hooksFolder: string, imageRoot: string): Promise<void> => {
  const folder = stageFolder(hooksFolder)
  const done = readJson<State>(join(folder, stageEntry.state))
  if (done === undefined)
    throw new UserError(
      'pre-install.d/00-configure-pypi-mirror did not run to its end, so the image was built without its mirror: see its lines in this log',
    )
  setVerbose(done.verbose)
  const started = readJson<{ control: string }>(join(folder, stageEntry.relay))
  const relay = started && (await closeRelay(started.control))
  const left: string[] = []
  if (entryInRoot(imageRoot, cacheFolder) !== undefined) {
    rmSync(join(imageRoot, cacheFolder), { recursive: true })
    left.push(`${cacheFolder} was copied with it: did post-root.d/99-remove-pypi-caches run?`)
  }
  const { removed, kept, faults } = revert(imageRoot, folder, done, done.secrets)
  const mountPoints = [mirrorMountPoint, flatIndexMountPoint]
  const targets = [...mountPoints, ...done.mountPoints].map((path) => join(realpathSync(imageRoot), path))
  left.push(...faults, ...targets.filter(topMount).map((target) => `${target} is still mounted`))
  if (left.length > 0) throw new UserError(`the image is not clean: ${left.join('; ')}`)
  // dib empties /tmp only after this, and an element may pack the image before that.
  removeMadeFolders(imageRoot, mountPoints)
  for (const warning of [...lateIndexes(imageRoot, done), ...unreadUvToml(imageRoot, folder, done, done.etcUv)])
    warn(warning)
  if (kept.length > 0) info(`kept another element's changes in ${kept.join(', ')}`)
  info(`the image holds no mirror configuration${removed.length > 0 ? `; removed ${removed.join(', ')}` : ''}`)
  // Also if a hook took pip's failure lightly.
  if (relay?.failure) throw new UserError(`${relay.failure}: DIB_PYPI_UNREACHABLE=fail ends the build`)
  // Last: a build that fails has none.
  const plan = readJson<ReceiptPlan>(join(folder, stageEntry.receipt))
  if (plan === undefined) return
  if (relay === undefined)
    throw new UserError(
      'DIB_PYPI_RECEIPT: what came into the image is not known, since the relay has ended: build again',
    )
  for (const line of writeReceipt(plan, relay.arrivals, imageRoot)) info(line)
}
