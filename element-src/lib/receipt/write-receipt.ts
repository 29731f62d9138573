import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errorCode, errorMessage, UserError } from '../base/errors.js'
import type { Arrival } from './arrival.js'
import { writeBill } from './bill.js'
import { findInstalled } from './installed.js'
import type { Caller, ReceiptPlan } from './plan-receipt.js'

/** Does something with the rights of a user and no more; by root, or by that user. */
const asCaller = (caller: Caller, action: () => void): void => {
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0]
  const groups = process.getgroups?.() ?? []
  const umask = process.umask(caller.umask)
  const isOther = uid !== caller.uid
  try {
    if (isOther) {
      process.setgroups?.(caller.groups)
      process.setegid?.(caller.gid)
      process.seteuid?.(caller.uid)
    }
    action()
  } finally {
    if (isOther) {
      process.seteuid?.(uid)
      process.setegid?.(gid)
      process.setgroups?.(groups)
    }
    process.umask(umask)
  }
}

/** Puts a text where readers find it whole or not at all. A link in its place is replaced, not followed. */
const replace = (path: string, text: string): void => {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true })
  const temporary = join(folder, `.pypi.cdx.json.${randomBytes(6).toString('hex')}`)
  const descriptor = openSync(temporary, 'wx', 0o666)
  try {
    try {
      writeFileSync(descriptor, text)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/**
 * Writes the receipt of a build, as its caller.
 *
 * @param imageRoot The finished image, on the host.
 * @returns What to say of it, a line each.
 * @throws UserError if it cannot be written; nothing of it is left then.
 */
export const writeReceipt = (
  { path, caller, time, partitions }: ReceiptPlan,
  arrivals: readonly Arrival[],
  imageRoot: string,
): readonly string[] => {
  const { text, installed, others, unseen } = writeBill(arrivals, findInstalled(imageRoot, partitions), time)
  try {
    asCaller(caller, () => replace(path, text))
  } catch (error) {
    const why = errorCode(error) === 'ENOSPC' ? 'no space is left there' : errorMessage(error)
    throw new UserError(`DIB_PYPI_RECEIPT: ${path} cannot be written: ${why}`)
  }
  return [
    `${path} is the receipt: ${installed} distribution${installed === 1 ? '' : 's'} in the image, ${others} that came and ${others === 1 ? 'is' : 'are'} not in it`,
    ...(unseen === 0
      ? []
      : [
          `${unseen} distribution${unseen === 1 ? '' : 's'} in the image did not come through the relay, and ${unseen === 1 ? 'is' : 'are'} not in the receipt`,
        ]),
  ]
}
