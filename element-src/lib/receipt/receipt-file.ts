import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Environment } from '../base/command.js'
import { errorCode, errorMessage, UserError } from '../base/errors.js'
import { callersUmask, count } from '../base/log.js'
import { replace } from '../image/attributes.js'
import { lstatAt } from '../image/path-in-root.js'
import { type Arrival, writeBill } from './bill.js'
import { findInstalled } from './installed.js'

/** What cleanup.d has to know, which runs as root and without the caller's environment. */
export interface ReceiptPlan {
  /** Where the receipt goes, on the host. */
  readonly path: string
  /** Whose file it is. */
  readonly caller: ReturnType<typeof thisUser>
  /** SOURCE_DATE_EPOCH, in seconds since 1970. */
  readonly time?: number | undefined
  /** Where partitions of the image are mounted, in the image. */
  readonly partitions: readonly string[]
}

/**
 * Where the receipt goes: where dib's element manifests saves its own (its environment.d/14-manifests), beside the image, from
 * the folder that the build was started in. dib exports IMAGE_NAME to hooks on the host.
 */
export const receiptPath = (environment: Environment, folder: string): string => {
  const saved = environment['DIB_MANIFEST_SAVE_DIR'] || `${environment['IMAGE_NAME'] || 'image'}.d`
  return join(resolve(folder, saved), 'pypi.cdx.json')
}

const readTime = (text: string | undefined): number | undefined => {
  if (!text) return undefined
  // To the year 9999, the last that RFC 3339 can write.
  if (/^\d{1,12}$/.test(text) && Number(text) < 253402300800) return Number(text)
  throw new UserError(
    'SOURCE_DATE_EPOCH is not a whole number of seconds since 1970: the receipt would have it as its time',
  )
}

/** Refuses a place that the user cannot write to, before the build instead of at its end. */
const checkFolder = (path: string): void => {
  let folder = dirname(path)
  while (lstatAt(folder) === undefined) folder = dirname(folder)
  try {
    // With a slash, so that a file is refused, too.
    accessSync(`${folder}/`, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new UserError(
      `DIB_PYPI_RECEIPT: ${path} cannot be written (${errorMessage(error)}): make ${folder} a folder of yours, or name another in DIB_MANIFEST_SAVE_DIR`,
    )
  }
}

const sameEntry = (one: string, other: string): boolean =>
  basename(one) === basename(other) && realpathSync(dirname(one)) === realpathSync(dirname(other))

/** Removes a receipt of an earlier build, or what else has its name; a link itself, not what it leads to. */
const removeOld = (path: string, lock: string | undefined): void => {
  const there = lstatAt(path)
  // A lock that will be replaced is there until then: a build that fails must not lose it.
  if (there === undefined || (lock !== undefined && sameEntry(path, lock))) return
  if (there.isDirectory()) throw new UserError(`DIB_PYPI_RECEIPT: ${path} is a folder: move it away`)
  try {
    unlinkSync(path)
  } catch (error) {
    throw new UserError(
      `DIB_PYPI_RECEIPT: ${path} is of an earlier build and cannot be removed: ${errorMessage(error)}`,
    )
  }
}

/**
 * Plans the receipt of a build, on the host, as the user, and takes away the one that an earlier build left there. Throws a
 * UserError if it cannot be written there, or SOURCE_DATE_EPOCH is not a time.
 */
export const planReceipt = (
  environment: Environment,
  partitions: readonly string[],
  lock: string | undefined,
): ReceiptPlan => {
  const path = receiptPath(environment, process.cwd())
  const time = readTime(environment['SOURCE_DATE_EPOCH'])
  checkFolder(path)
  removeOld(path, lock)
  return { path, caller: { ...thisUser(), umask: callersUmask() }, time, partitions }
}

const thisUser = () => ({
  uid: process.geteuid?.() ?? 0,
  gid: process.getegid?.() ?? 0,
  groups: process.getgroups?.() ?? [],
  umask: process.umask(),
})

/** Does something with the rights of a user and no more; by root, or by that user. */
const asCaller = (caller: ReceiptPlan['caller'], action: () => void): void => {
  const own = thisUser()
  const become = ({ uid, gid, groups, umask }: ReceiptPlan['caller']): void => {
    process.umask(umask)
    if (own.uid === caller.uid) return
    // What follows is root's right.
    process.seteuid?.(own.uid)
    process.setgroups?.(groups)
    process.setegid?.(gid)
    process.seteuid?.(uid)
  }
  try {
    become(caller)
    action()
  } finally {
    become(own)
  }
}

const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  replace(path, (temporary) => {
    const descriptor = openSync(temporary, 'wx', 0o666)
    try {
      writeFileSync(descriptor, text)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  })
}

/**
 * Writes the receipt of a build, as its caller, and returns what to say of it, a line each. Throws a UserError if it cannot be
 * written; nothing of it is left then.
 */
export const writeReceipt = (
  { path, caller, time, partitions }: ReceiptPlan,
  arrivals: readonly Arrival[],
  imageRoot: string,
): readonly string[] => {
  const { text, installed, others, unseen } = writeBill(arrivals, findInstalled(imageRoot, partitions), time)
  try {
    asCaller(caller, () => write(path, text))
  } catch (error) {
    const why = errorCode(error) === 'ENOSPC' ? 'no space is left there' : errorMessage(error)
    throw new UserError(`DIB_PYPI_RECEIPT: ${path} cannot be written: ${why}`)
  }
  return [
    `${path} is the receipt: ${count(installed, 'package')} in the image, ${others} that came and ${others === 1 ? 'is' : 'are'} not in it`,
    ...(unseen === 0
      ? []
      : [
          `${count(unseen, 'package')} in the image did not come through the relay, and ${unseen === 1 ? 'is' : 'are'} not in the receipt`,
        ]),
  ]
}
