import { lstatSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'
import type { Environment } from '../base/environment.js'
import { errorCode, ignoreErrors, UserError } from '../base/errors.js'
import { detectMirrors, type LocalMirror } from '../index/local-mirror.js'
import { checkIndexes, chooseIndexes, foldersToUse, type Index } from './index-list.js'
import { namedMirrors } from './mirrors.js'
import { askProgram } from './mirrors-file/ask-program.js'
import { callerVariable } from './mirrors-file/caller-environment.js'
import type { FileIndexes } from './mirrors-file/read-mirrors-file.js'
import { trustedHosts } from './trusted-hosts.js'
import { dibVariables, officialIndexFlags, userVariables, warnOfFalse } from './variables.js'

/** What the hooks do, decided once, on the host, from the environment. */
export interface Settings {
  /** The folder of the build's hooks, on the host. */
  readonly hooksFolder: string
  /** The image's root while it is built, on the host. */
  readonly imageRoot: string
  /** The folder of the build, on the host. */
  readonly buildFolder: string
  /** Whether what an online build downloads is kept in the folder of the local mirror. */
  readonly fill: boolean
  /** Whether a receipt of what came into the image is written beside it. */
  readonly receipt: boolean
  /** The receipt, on the host, whose files the build gets, and no others. */
  readonly lock: string | undefined
  /** When the relay is between installers and indexes: where a setting needs it, always or never. */
  readonly relay: 'auto' | 'always' | 'never'
  /** The local mirror, on the host, or undefined where there is none. */
  readonly mirrorFolder: string | undefined
  /** The folders of that mirror that are indexes. */
  readonly localMirrors: readonly LocalMirror[]
  /** Whether the official index is asked, for the log: `on`, or `off` and by which variables. */
  readonly officialIndex: string
  /** Where partitions of the image will be mounted, in the image. */
  readonly partitions: readonly string[]
  /** The mirrors file, on the host, or undefined where variables name the mirrors. */
  readonly mirrorsFile: string | undefined
  /** The variables of the caller's that hold passwords, which dib would hand to the chroot. */
  readonly passwordVariables: readonly string[]
  /** What the hook in the image's chroot needs. */
  readonly pip: PipSettings
  /** Whether each step is said. */
  readonly verbose: boolean
  /** What the user should know, a line each. */
  readonly warnings: readonly string[]
}

/** What the files in the image are made of. */
export interface PipSettings {
  /** The indexes in pip's order, with their credentials; the first is index-url. Never empty. */
  readonly indexes: readonly Index[]
  /** pip's retries, or undefined for pip's own default. */
  readonly retries: number | undefined
  /** The hosts for pip's trusted-host. */
  readonly trustedHosts: readonly string[]
  /** Those of them that the user named, so that their certificates are not verified. */
  readonly unverifiedHosts: readonly string[]
  /** What becomes of an index that does not answer: it is left out while another is left, it stays, or the build ends. */
  readonly unreachable: 'drop' | 'keep' | 'fail'
  /** Whether the indexes are the relay's, on 127.0.0.1: no proxy is asked for them. */
  readonly relay?: boolean
}

type UserSettings = z.output<typeof userVariables>

const parse = <Schema extends z.core.$ZodType>(schema: Schema, environment: Environment): z.output<Schema> => {
  const result = z.safeParse(schema, environment)
  if (!result.success) throw new UserError(result.error.issues[0]?.message ?? 'the environment cannot be read')
  return result.data
}

// A dangling link or a file here is an error; only a missing path means that there is no mirror.
const findMirror = (folder: string): boolean => {
  try {
    if (statSync(folder).isDirectory()) return true
  } catch (error) {
    const code = errorCode(error)
    const isLink = ignoreErrors(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'], () => lstatSync(folder)) !== undefined
    if (code === 'ELOOP') throw new UserError(`${folder} (DIB_IMAGE_CACHE) is behind a symbolic link to itself: fix it`)
    if (code === 'EACCES') {
      throw new UserError(`${folder} (DIB_IMAGE_CACHE) is in a folder that this user may not enter: allow it`)
    }
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
    if (!isLink) return false
    throw new UserError(`${folder} (DIB_IMAGE_CACHE) is a symbolic link to nothing: fix it or remove it`)
  }
  throw new UserError(`${folder} (DIB_IMAGE_CACHE) is not a folder: move the file away`)
}

const fillNotes = ({ DIB_PYPI_FILL_MIRROR, DIB_OFFLINE, DIB_PYPI_RELAY }: UserSettings): readonly string[] => {
  if (!DIB_PYPI_FILL_MIRROR) return []
  if (DIB_OFFLINE) return ['DIB_PYPI_FILL_MIRROR is set, but the build is offline: nothing is kept']
  return DIB_PYPI_RELAY === 'never'
    ? ['DIB_PYPI_FILL_MIRROR needs the relay, and DIB_PYPI_RELAY=never: nothing is kept']
    : []
}

/** Settings that mean nothing without the relay. */
const needRelay = ['DIB_PYPI_MIRRORS', 'DIB_PYPI_RECEIPT', 'DIB_PYPI_LOCK'] as const

const refuseWithoutRelay = (users: UserSettings): void => {
  const needed = users.DIB_PYPI_RELAY === 'never' ? needRelay.find((name) => users[name]) : undefined
  if (needed !== undefined)
    throw new UserError(`${needed} needs the relay, and DIB_PYPI_RELAY is never: unset one of them`)
}

const readFile = (
  hooksFolder: string,
  users: UserSettings,
  mirrors: readonly Index[],
  environment: Environment,
): FileIndexes | undefined => {
  const { DIB_PYPI_MIRRORS: path, DIB_DEBUG_TRACE } = users
  if (path === undefined) return undefined
  const [mirror] = mirrors
  if (mirror !== undefined) {
    throw new UserError(`DIB_PYPI_MIRRORS and ${mirror.source} both name mirrors: unset one of them`)
  }
  return askProgram(hooksFolder, {
    path,
    withoutOfficial: officialIndexFlags.some((name) => users[name]),
    caller: environment[callerVariable] ?? '',
    verbose: DIB_DEBUG_TRACE,
  })
}

/**
 * Reads the settings from the environment, and what the local mirror holds. Nothing on the host or in the image is changed.
 *
 * @param environment The environment of the hook on the host.
 * @returns The settings.
 * @throws UserError where a variable cannot be used, or what the mirrors file holds, naming it and the remedy.
 */
export const readSettings = (environment: Environment): Settings => {
  const users = parse(userVariables, environment)
  const dib = parse(dibVariables, environment)
  refuseWithoutRelay(users)
  const { mirrors, notes } = namedMirrors(environment)
  const mirrorFolder = join(users.DIB_IMAGE_CACHE, 'pypi', 'mirror')
  const fill = users.DIB_PYPI_FILL_MIRROR && !users.DIB_OFFLINE && users.DIB_PYPI_RELAY !== 'never'
  // One that is to be filled is made where it is missing.
  const hasMirrorFolder = findMirror(mirrorFolder) || fill
  const file = readFile(dib.TMP_HOOKS_PATH, users, mirrors, environment)
  const folders = foldersToUse(file?.indexes ?? mirrors)
  const localMirrors = hasMirrorFolder ? detectMirrors(mirrorFolder, folders) : []
  const localIndexes = hasMirrorFolder ? localMirrors : undefined
  const off = officialIndexFlags.filter((name) => users[name])
  const { indexes, warnings } =
    file === undefined
      ? chooseIndexes({
          mirrors,
          mirrorFolder,
          localMirrors: localIndexes,
          withoutOfficial: off.length > 0,
          unreachable: users.DIB_PYPI_UNREACHABLE,
        })
      : checkIndexes(file, mirrorFolder, localIndexes)
  const trusted = trustedHosts(mirrors, users.DIB_PYPI_TRUSTED_HOST)
  return {
    hooksFolder: dib.TMP_HOOKS_PATH,
    imageRoot: dib.TMP_MOUNT_PATH,
    buildFolder: dib.TMP_BUILD_DIR,
    fill,
    receipt: users.DIB_PYPI_RECEIPT,
    lock: users.DIB_PYPI_LOCK,
    relay: users.DIB_PYPI_RELAY,
    mirrorFolder: hasMirrorFolder ? mirrorFolder : undefined,
    localMirrors,
    officialIndex: off.length > 0 ? `off (${off.join(', ')})` : 'on',
    partitions: dib.DIB_MOUNTPOINTS,
    mirrorsFile: users.DIB_PYPI_MIRRORS,
    passwordVariables: file?.passwordVariables ?? [],
    pip: {
      indexes,
      retries: users.DIB_PIP_RETRIES,
      trustedHosts: trusted.hosts,
      unverifiedHosts: users.DIB_PYPI_TRUSTED_HOST,
      unreachable: users.DIB_PYPI_UNREACHABLE,
    },
    verbose: users.DIB_DEBUG_TRACE,
    warnings: [...fillNotes(users), ...warnOfFalse(environment), ...notes, ...warnings, ...trusted.warnings],
  }
}
