import { lstatSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../base/command.js'
import { errorCode, UserError } from '../base/errors.js'
import { ifSeen } from '../base/files.js'
import { setVerbose } from '../base/log.js'
import type { Index } from './index-list.js'
import { callerEnvironment, callerVariable } from './mirrors-file/host-files.js'
import { readMirrorsFile } from './mirrors-file/read-mirrors-file.js'
import { mirrorsOfVariables, placeIndexes, trustedHosts } from './place-indexes.js'
import { oddVariables, readVariables, type Variables } from './variables.js'

/** What the files in the image are made of. */
export interface PipSettings {
  /** In pip's order; the first that is not absent is index-url. */
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

// A dangling link or a file here is an error; only a missing path means that there is no mirror.
const findMirror = (folder: string): boolean => {
  const refuse = (why: string): never => {
    throw new UserError(`${folder} (DIB_IMAGE_CACHE) ${why}`)
  }
  try {
    return statSync(folder).isDirectory() || refuse('is not a folder: move the file away')
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ELOOP') refuse('is behind a symbolic link to itself: fix it')
    if (code === 'EACCES') refuse('is in a folder that this user may not enter: allow it')
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
    if (ifSeen(() => lstatSync(folder)) !== undefined) refuse('is a symbolic link to nothing: fix it or remove it')
    return false
  }
}

/** The mirrors that variables name, or a mirrors file does. */
const readMirrors = ({ DIB_PYPI_MIRRORS: path, off }: Variables, environment: Environment) => {
  const named = mirrorsOfVariables(environment)
  if (path === undefined) return { ...named, passwordVariables: [] }
  const [mirror] = named.indexes
  if (mirror !== undefined) {
    throw new UserError(`DIB_PYPI_MIRRORS and ${mirror.source} both name mirrors: unset one of them`)
  }
  return readMirrorsFile(path, off, callerEnvironment(environment[callerVariable] ?? ''), new Date())
}

/** Settings that mean nothing without the relay. */
const needRelay = ['DIB_PYPI_MIRRORS', 'DIB_PYPI_RECEIPT', 'DIB_PYPI_LOCK'] as const

/**
 * Reads the settings from the environment, and what the local mirror holds: what the hooks do, decided once, on the host. Nothing
 * there or in the image is changed.
 *
 * @throws UserError if a variable cannot be used, or what the mirrors file holds, naming it and the remedy.
 */
export const readSettings = (environment: Environment) => {
  const variables = readVariables(environment)
  const { DIB_OFFLINE, DIB_PYPI_FILL_MIRROR, DIB_PYPI_MIRRORS, DIB_PYPI_RELAY, DIB_PYPI_TRUSTED_HOST, off } = variables
  setVerbose(variables.DIB_DEBUG_TRACE)
  const hasNoRelay = DIB_PYPI_RELAY === 'never'
  const needed = needRelay.find((name) => variables[name])
  if (hasNoRelay && needed !== undefined)
    throw new UserError(`${needed} needs the relay, and DIB_PYPI_RELAY is never: unset one of them`)
  const named = readMirrors(variables, environment)
  const mirrorFolder = join(variables.DIB_IMAGE_CACHE, 'pypi', 'mirror')
  // README's own commands export DIB_PYPI_FILL_MIRROR for online and offline builds alike.
  const isToFill = DIB_PYPI_FILL_MIRROR && !DIB_OFFLINE
  const fill = isToFill && !hasNoRelay
  // One that is to be filled is made if it is missing.
  const hasFolder = findMirror(mirrorFolder) || fill
  const { indexes, localMirrors, warnings } = placeIndexes(named.indexes, variables, mirrorFolder, hasFolder)
  const trusted = trustedHosts(DIB_PYPI_MIRRORS === undefined ? named.indexes : [], DIB_PYPI_TRUSTED_HOST)
  const reasonsForRelay = [
    DIB_PYPI_RELAY === 'always' && 'DIB_PYPI_RELAY=always',
    fill && 'DIB_PYPI_FILL_MIRROR',
    needed,
    indexes.some(({ credentials }) => credentials !== undefined) && 'a URL with a password',
  ]
  const pip: PipSettings = {
    indexes,
    retries: variables.DIB_PIP_RETRIES,
    trustedHosts: trusted.hosts,
    unverifiedHosts: DIB_PYPI_TRUSTED_HOST,
    unreachable: variables.DIB_PYPI_UNREACHABLE,
  }
  return {
    ...variables,
    /** Whether what an online build downloads is kept in the folder of the local mirror. */
    fill,
    /** Why there is a relay between installers and indexes, for the log; undefined if there is none. Nobody else decides that. */
    reasonForRelay: hasNoRelay ? undefined : reasonsForRelay.find((reason) => typeof reason === 'string'),
    /** The local mirror, on the host, or undefined if there is none. */
    mirrorFolder: hasFolder ? mirrorFolder : undefined,
    /** The folders of that mirror that are indexes. */
    localMirrors,
    /** Why the official index is not asked: the variables, or the mirrors file; undefined if it is. */
    officialIsOff: indexes.some(({ isOfficial, absent }) => isOfficial && absent === undefined)
      ? undefined
      : off.join(', ') || 'DIB_PYPI_MIRRORS has no section [official]',
    /** The variables of the caller's that hold passwords, which dib would hand to the chroot. */
    passwordVariables: named.passwordVariables,
    /** What the hook in the image's chroot needs. */
    pip,
    /** What the user should know, a line each. */
    warnings: [
      ...oddVariables(environment),
      ...(isToFill && hasNoRelay
        ? ['DIB_PYPI_FILL_MIRROR needs the relay, and DIB_PYPI_RELAY=never: nothing is kept']
        : []),
      ...named.warnings,
      ...warnings,
      ...trusted.warnings,
    ],
  }
}

export type Settings = Readonly<ReturnType<typeof readSettings>>
