import { isIPv6 } from 'node:net'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import * as z from 'zod/mini'
import type { Environment } from '../base/command.js'
import { UserError } from '../base/errors.js'

/** Names a mirror, whatever its suffix. */
export const mirrorVariable = 'DIB_PYPI_MIRROR_URL'

/** What a text must be, and the message if it is not: zod/mini says no more than 'Invalid input' by itself. */
export type Rule = readonly [isRight: (text: string) => boolean, message: string]

/** What a text stands for. What is not there is as good as empty. */
export const textBy = <Value>(read: (text: string) => Value, ...rules: readonly Rule[]) =>
  z.transform((input, { issues }): Value => {
    const text = typeof input === 'string' ? input : ''
    const [, message] = rules.find(([isRight]) => !isRight(text)) ?? []
    if (message !== undefined) issues.push({ code: 'custom', message, input })
    return read(text)
  })

/** What a variable stands for, with a message that names it; an empty one is as good as one that is not set. */
const variable = <Value>(read: (value: string) => Value, isRight = (_value: string): boolean => true, message = '') =>
  textBy(read, [(value) => value === '' || isRight(value), message])

/** dib's way: anything but the empty string switches it on. */
const flag = variable(Boolean)

/** A path of the host. */
const hostPath = variable((value) => (value === '' ? undefined : resolve(value)))

/** One of some words: the first, if there is none. */
const oneOf = <Word extends string>(name: string, ...words: readonly [Word, ...Word[]]) =>
  variable(
    (value): Word => words.find((word) => word === value) ?? words[0],
    (value) => words.some((word) => word === value),
    `${name} must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
  )

/** The flags that keep the official index away. */
const officialIndexFlags = ['DIB_OFFLINE', 'DIB_NO_PYPI_PIP'] as const

const words = (value: string): readonly string[] => value.split(/\s+/).filter(Boolean)

/** Whether pip can take it for `host` or `host:port`, an IPv6 address in brackets: another one ends some pips. */
const isHost = (word: string): boolean => {
  const [, address, name] = /^(?:\[(.+)\]|([a-z0-9._-]+))(?::[0-9]+)?$/i.exec(word) ?? []
  return name !== undefined || (address !== undefined && isIPv6(address))
}

/**
 * The variables that a user sets, but for the two families of mirrors (place-indexes.ts). README.md has a row for each of
 * them; a test holds the two together.
 */
export const userVariables = z.object({
  /** The folder of dib's cache, on the host. dib itself sets it when the user does not. */
  DIB_IMAGE_CACHE: variable((value) => resolve(value || join(homedir(), '.cache', 'image-create'))),
  DIB_OFFLINE: flag,
  DIB_NO_PYPI_PIP: flag,
  /** pip's retries, or undefined for pip's own default. */
  DIB_PIP_RETRIES: variable(
    // A number, since pip takes a leading 0 for octal and fails at 08.
    (value) => (value === '' ? undefined : Number(value)),
    (value) => /^[0-9]{1,6}$/.test(value),
    'DIB_PIP_RETRIES must be a whole number, 0 or more, in digits: 0 means no retries',
  ),
  /** Hosts that are trusted without TLS verification, each `host` or `host:port`. */
  DIB_PYPI_TRUSTED_HOST: variable(
    words,
    (value) => words(value).every(isHost),
    'DIB_PYPI_TRUSTED_HOST must be a list of hosts: write host or host:port, without https:// and path, separated by spaces',
  ),
  /** What becomes of an index that does not answer. */
  DIB_PYPI_UNREACHABLE: oneOf('DIB_PYPI_UNREACHABLE', 'drop', 'keep', 'fail'),
  /** The file that names the mirrors, on the host, or undefined if variables do. */
  DIB_PYPI_MIRRORS: hostPath,
  /** Whether an online build keeps what it downloads in the mirror's folder. */
  DIB_PYPI_FILL_MIRROR: flag,
  /** Whether a receipt of what came into the image is written beside it. */
  DIB_PYPI_RECEIPT: flag,
  /** The receipt whose files the build gets, and no others. */
  DIB_PYPI_LOCK: hostPath,
  /** Whether the relay stands between installers and indexes. */
  DIB_PYPI_RELAY: oneOf('DIB_PYPI_RELAY', 'auto', 'always', 'never'),
  /** Whether the relay fetches pages and metadata before installers ask. */
  DIB_PYPI_RELAY_AHEAD: oneOf('DIB_PYPI_RELAY_AHEAD', 'yes', 'no'),
  /** The Node.js to use on the host. The first lines of each hook read it, in sh. */
  DIB_PYPI_NODE: variable((value) => value || undefined),
  /** Whether to log each step (DIB_DEBUG_TRACE). */
  DIB_DEBUG_TRACE: variable((value) => Number(value) > 0),
})

/** How many letters to change, to add or to drop make one word of the other (Levenshtein's distance). */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** The known word that is nearest to what was written, whatever the letters' case; before others one that holds it. */
export const nearest = (written: string, known: readonly string[]): string => {
  const small = written.toLowerCase()
  const far = (word: string): number => {
    const other = word.toLowerCase()
    return distance(small, other) - (other.includes(small) ? other.length : 0)
  }
  return [...known].sort((a, b) => far(a) - far(b))[0] ?? ''
}

/**
 * Warns of variables that look like ours and are none, since a misspelt one would have no effect in silence, and of flags that
 * are set to a word for no: a line for each.
 */
export const oddVariables = (environment: Environment): readonly string[] => {
  const known = [...Object.keys(userVariables.shape), mirrorVariable]
  const isUnknown = (name: string): boolean =>
    /^DIB_(?:PYPI|PIP|NO_PYPI)_\w+$/.test(name) && !known.includes(name) && !name.startsWith(mirrorVariable)
  const unknown = Object.keys(environment).filter(isUnknown).sort()
  const negated = officialIndexFlags.filter((name) => /^(?:0|no|off|false)$/i.test(environment[name] ?? ''))
  return [
    ...unknown.map(
      (name) =>
        `${name} is not a variable of this element, so it has no effect: the nearest is ${nearest(name, known)}`,
    ),
    ...negated.map((name) => `${name}=${environment[name]} counts as set, so PyPI is off: unset ${name} to use PyPI`),
  ]
}

const setByDib = (name: string) =>
  textBy((value) => value, [(value) => value !== '', `${name} is not set: run this hook by disk-image-create`])

/** Also those that dib sets for hooks on the host (dib's documentation, Developing Elements). */
const allVariables = z.object({
  ...userVariables.shape,
  /** The folder of the build's hooks, on the host. */
  TMP_HOOKS_PATH: setByDib('TMP_HOOKS_PATH'),
  /** The image's root while it is built, on the host. */
  TMP_MOUNT_PATH: setByDib('TMP_MOUNT_PATH'),
  /** The folder of the build, on the host. */
  TMP_BUILD_DIR: setByDib('TMP_BUILD_DIR'),
  /** Where partitions of the image will be mounted in it, separated by `|`. */
  DIB_MOUNTPOINTS: variable((value) => value.split('|').filter(Boolean)),
})

/** What the user and dib set. */
export type Variables = ReturnType<typeof readVariables>

/** Reads the variables; throws a UserError that names the first that cannot be used, and the remedy. */
export const readVariables = (environment: Environment) => {
  const { data, error } = z.safeParse(allVariables, environment)
  if (error !== undefined) throw new UserError(String(error.issues[0]?.message))
  return { ...data, /** What keeps the official index away. */ off: officialIndexFlags.filter((name) => data[name]) }
}
