import { join } from 'node:path'
import { namesIn } from '../base/files.js'
import { entryInRoot } from '../image/path-in-root.js'
import { projectsOf } from './distribution-file.js'
import { some } from './local-url.js'

/** How many kinds of files are told apart in one line. */
const enough = 4

const interpreters: Readonly<Record<string, string>> = { cp: 'CPython', pp: 'PyPy', py: 'Python', ip: 'IronPython' }

const machines: Readonly<Record<string, string>> = {
  x86_64: 'x86-64',
  amd64: 'x86-64',
  aarch64: 'arm64',
  arm64: 'arm64',
  i686: '32-bit x86',
  win32: '32-bit x86',
  universal2: 'x86-64 and arm64',
}

/** A Python tag: `cp313`, `py3`, `py2.py3` (the packaging guide, Platform compatibility tags). */
const describePython = (tag: string, abi: string): string => {
  const [first = '', ...others] = tag.split('.')
  if (tag.split('.').includes('py3')) return 'any Python'
  const [, kind = '', major = '', minor = ''] = /^([a-z]+)(\d)(\d*)$/.exec(first) ?? []
  const version = minor === '' ? major : `${major}.${minor}`
  const more = others.length > 0 ? ' and others' : abi.split('.').includes('abi3') ? ' and later' : ''
  return kind === '' ? first : `${interpreters[kind] ?? kind} ${version}${more}`
}

/** A platform tag: `any`, `manylinux_2_17_x86_64.manylinux2014_x86_64`, `win_amd64`. */
const describePlatform = (tag: string): string => {
  if (tag === 'any') return ''
  const machine = Object.keys(machines).find((name) => tag.endsWith(name))
  const systems = { win: 'Windows', macosx: 'macOS', musllinux: 'musl' }
  const [, system] = Object.entries(systems).find(([start]) => tag.startsWith(start)) ?? []
  return ` on ${machine === undefined ? tag : machines[machine]}${system === undefined ? '' : ` with ${system}`}`
}

const tagsOf = (file: string): readonly string[] | undefined =>
  /-([^-]+)-([^-]+)-([^-]+)\.whl$/i.exec(file.toLowerCase())?.slice(1)

const targetOf = (file: string): string => {
  // What an sdist or an egg is for is not in its name.
  const [python = 'py3', abi = '', platform = 'any'] = tagsOf(file) ?? []
  return `${describePython(python, abi)}${describePlatform(platform)}`
}

/**
 * Says what distributions are for, by the tags in wheels' names.
 *
 * @returns To be put after their number: ` for any Python`, or `: 4 for any Python, 1 for CPython 3.13 on x86-64`, the most
 *   frequent first.
 */
export const describeTargets = (files: readonly string[]): string => {
  const counts = new Map<string, number>()
  for (const file of files) {
    const target = targetOf(file)
    counts.set(target, (counts.get(target) ?? 0) + 1)
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a)
  if (sorted.length < 2) return sorted.map(([target]) => ` for ${target}`).join('')
  const others = sorted.slice(enough).reduce((sum, [, count]) => sum + count, 0)
  const shown = others > 0 ? [...sorted.slice(0, enough), ['others', others] as const] : sorted
  return `: ${shown.map(([target, count]) => `${count} for ${target}`).join(', ')}`
}

/** A Python that installs, and its version: `3.11`, or in full. */
export interface Interpreter {
  readonly python: string
  /** CPython, PyPy, ... */
  readonly implementation: string
}

/**
 * How well a wheel's tags fit, more is better; undefined if they do not (the packaging guide, Platform compatibility tags).
 *
 * @param isPlatform Whether a platform tag, such as `manylinux_2_17_x86_64`, is that of the machine.
 */
export const wheelFit = (
  file: string,
  { python, implementation }: Interpreter,
  isPlatform: (tag: string) => boolean,
): number | undefined => {
  const [pythons = [], abis = [], platforms = []] = tagsOf(file)?.map((tags) => tags.split('.')) ?? []
  const [major = '', minor = ''] = python.split('.')
  const own = `${implementation === 'CPython' ? 'cp' : 'pp'}${major}${minor}`
  const isOwn =
    pythons.includes(own) && abis.some((abi) => abi.startsWith(own) && /^[dmu]*$/.test(abi.slice(own.length)))
  const isUpTo = (digits: string): boolean => digits === '' || Number(digits) <= Number(minor)
  const isStable =
    implementation === 'CPython' &&
    abis.includes('abi3') &&
    pythons.some((tag) => tag.startsWith(`cp${major}`) && tag.length > 3 && isUpTo(tag.slice(3)))
  const isGeneric =
    abis.includes('none') &&
    pythons.some((tag) => tag === own || (tag.startsWith(`py${major}`) && isUpTo(tag.slice(3))))
  const isAny = platforms.includes('any')
  if (!(isGeneric || (!isAny && (isOwn || isStable))) || !platforms.some((tag) => tag === 'any' || isPlatform(tag)))
    return undefined
  return (isOwn ? 40 : isStable ? 30 : 10) + (isAny ? 0 : 5)
}

/** Whether CPython of a version, such as 3.11, can take a file on Linux; machines are not compared. */
const fits = (file: string, python: string): boolean =>
  tagsOf(file) === undefined ||
  wheelFit(file, { python, implementation: 'CPython' }, (tag) => !/^(?:win|macosx)/.test(tag)) !== undefined

/**
 * Says what an image cannot install from a folder that is its only index.
 *
 * @param versions Those of the image's CPythons, such as 3.11.
 * @returns One line; undefined if each project has a file that one of them can take, or no version is known.
 */
export const targetFault = (files: readonly string[], versions: readonly string[]): string | undefined => {
  const fitting = new Set(files.filter((file) => versions.some((version) => fits(file, version))))
  const projects = new Set([...fitting].map((file) => projectsOf(file)[0]))
  const unfit = files.filter((file) => !fitting.has(file))
  const without = new Set(
    unfit.flatMap((file) => projectsOf(file)[0] ?? []).filter((project) => !projects.has(project)),
  )
  if (without.size === 0 || versions.length === 0) return undefined
  return `the image has Python ${versions.join(' and ')}, and no file of ${some([...without])} is for it${describeTargets(unfit)}: fill the mirror by a pip of the image's Python`
}

/** The versions of the CPythons that an image has so far, such as 3.11; nothing is run for it. */
export const pythonsIn = (root: string): readonly string[] => {
  const folders = ['/usr/bin', '/usr/local/bin'].filter((folder) => entryInRoot(root, folder))
  const names = folders.flatMap((folder) => namesIn(join(root, folder)))
  return [...new Set(names.flatMap((name) => /^python(\d\.\d+)$/.exec(name)?.[1] ?? []))].sort()
}
