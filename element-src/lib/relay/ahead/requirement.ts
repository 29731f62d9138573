import { satisfies } from '@renovatebot/pep440/lib/specifier.js'
import { valid } from '@renovatebot/pep440/lib/version.js'
import { normaliseName } from '../../index/distribution-file.js'
import { headersIn } from '../../index/wheel-metadata.js'
import type { Installer } from './installer.js'

/** What a distribution requires of an index. */
export interface Requirement {
  /** The project's normalised name. */
  readonly project: string
  readonly extras: readonly string[]
  /** A version specifier (PEP 440); empty for any version. */
  readonly specifier: string
}

/** A marker's value; undefined if it depends on what is not known here. */
type Truth = boolean | undefined

/** The variables of markers (the packaging specifications, Dependency specifiers, Environment markers). */
const environmentOf = (installer: Installer) => ({
  os_name: installer.system === 'Windows' ? 'nt' : 'posix',
  sys_platform: installer.system.toLowerCase(),
  platform_system: installer.system,
  platform_machine: installer.machine,
  platform_python_implementation: installer.implementation,
  implementation_name: installer.implementation.toLowerCase(),
  implementation_version: installer.implementationVersion,
  python_version: installer.python.split('.').slice(0, 2).join('.'),
  python_full_version: installer.python,
})

/** A text in quotes, or a word of the grammar. */
const token = /\s*(?:(["'])(.*?)\1|([()]|not\s+in|[a-z_.]+|[<>=!~]+))/giy

const compare = (left: string, operator: string, right: string): Truth => {
  const isOfVersions =
    /^[<>=!~]{1,2}$/.test(operator) && valid(left) !== null && valid(right.replace(/\.\*$/, '')) !== null
  if (isOfVersions) return satisfies(left, `${operator}${right}`, { prereleases: true })
  if (operator === 'in') return right.includes(left)
  if (operator === 'not in') return !right.includes(left)
  if (operator === '==' || operator === '===') return left === right
  if (operator === '!=') return left !== right
  if (operator === '<' || operator === '<=') return left < right || (operator === '<=' && left === right)
  if (operator === '>' || operator === '>=') return left > right || (operator === '>=' && left === right)
  return undefined
}

const and = (a: Truth, b: Truth): Truth =>
  a === false || b === false ? false : a === undefined || b === undefined ? undefined : true
const or = (a: Truth, b: Truth): Truth =>
  a === true || b === true ? true : a === undefined || b === undefined ? undefined : false

/** Judges a marker, by recursive descent over its grammar. */
const judge = (marker: string, environment: ReadonlyMap<string, string>): Truth => {
  if (marker.replace(token, '').trim() !== '') return undefined
  const words = [...marker.matchAll(token)].map(([, , text, word = '']) => ({ text, word: word.replace(/\s+/g, ' ') }))
  let at = 0
  const take = (word: string): boolean => {
    const isNext = words[at]?.word === word
    if (isNext) at += 1
    return isNext
  }
  const value = (): string | undefined => {
    const { text, word = '' } = words[at] ?? {}
    at += 1
    return text ?? environment.get(word.replaceAll('.', '_'))
  }
  const single = (): Truth => {
    if (take('(')) {
      const inside = any()
      return take(')') ? inside : undefined
    }
    const left = value()
    const operator = words[at]?.word ?? ''
    at += 1
    const right = value()
    return left === undefined || right === undefined ? undefined : compare(left, operator, right)
  }
  const all = (): Truth => {
    let result = single()
    while (take('and')) result = and(single(), result)
    return result
  }
  const any = (): Truth => {
    let result = all()
    while (take('or')) result = or(all(), result)
    return result
  }
  const result = any()
  return at === words.length ? result : undefined
}

/** `name [extras] specifier ; marker` (PEP 508). One with a direct URL asks no index. */
const form = /^\s*([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)\s*(?:\[([^\]]*)\])?\s*\(?([^;@()]*)\)?\s*(?:;(.*))?$/is

/**
 * Reads what a wheel's or an sdist's metadata requires (core metadata, Requires-Dist).
 *
 * @param extras The extras of it that are wanted: what only another extra requires is left out.
 * @returns Each requirement that holds for the installer for certain.
 */
export const requirementsIn = (
  metadata: string,
  installer: Installer,
  extras: readonly string[],
): readonly Requirement[] => {
  const environment = environmentOf(installer)
  const environments = ['', ...extras].map((extra) => new Map(Object.entries({ ...environment, extra })))
  return headersIn(metadata, 'Requires-Dist').flatMap((text) => {
    const [, name, wanted = '', specifier = '', marker] = form.exec(text) ?? []
    if (name === undefined) return []
    if (marker !== undefined && !environments.some((one) => judge(marker, one) === true)) return []
    return [{ project: normaliseName(name), extras: wanted.match(/[^\s,]+/g) ?? [], specifier: specifier.trim() }]
  })
}
