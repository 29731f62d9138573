import { compare, satisfies, valid } from '@renovatebot/pep440'
import { projectsOf } from '../../index/distribution-file.js'
import type { PageFile } from '../../index/page.js'
import type { Installer } from './installer.js'

/** The first glibc of the older names of manylinux (PEP 600). */
const legacy: Readonly<Record<string, string>> = { manylinux1: '2_5', manylinux2010: '2_12', manylinux2014: '2_17' }

const isPlatform = (tag: string, { system, machine, libc }: Installer): boolean => {
  if (tag === 'any') return true
  if (system !== 'Linux' || !tag.endsWith(`_${machine}`)) return false
  const kind = tag.slice(0, -machine.length - 1)
  if (kind === 'linux') return true
  const [, name, major, minor] =
    /^(manylinux|musllinux)_(\d+)_(\d+)$/.exec(kind.replace(/^manylinux\d+$/, (old) => `manylinux_${legacy[old]}`)) ??
    []
  const wanted = name === 'manylinux' ? 'glibc' : 'musl'
  const [hasMajor, hasMinor] = (libc?.version ?? '').split('.').map(Number)
  return libc?.name === wanted && hasMajor === Number(major) && (hasMinor ?? -1) >= Number(minor)
}

/** How well a wheel's tags fit, more is better; undefined if they do not (the packaging guide, Platform compatibility tags). */
const fit = (file: string, installer: Installer): number | undefined => {
  const [, pythons = '', abis = '', platforms = ''] = /-([^-]+)-([^-]+)-([^-]+)\.whl$/.exec(file.toLowerCase()) ?? []
  const [major = '', minor = ''] = installer.python.split('.')
  const own = `${installer.implementation === 'CPython' ? 'cp' : 'pp'}${major}${minor}`
  const isOwn = pythons.split('.').includes(own) && new RegExp(`(?:^|\\.)${own}[dmu]*(?:\\.|$)`).test(abis)
  const isStable =
    abis.split('.').includes('abi3') &&
    installer.implementation === 'CPython' &&
    pythons.split('.').some((tag) => new RegExp(`^cp${major}\\d+$`).test(tag) && Number(tag.slice(3)) <= Number(minor))
  const isGeneric =
    abis.split('.').includes('none') &&
    pythons.split('.').some((tag) => {
      const [, of, digits = ''] = /^(py|cp|pp)\d(\d*)$/.exec(tag) ?? []
      if (of === undefined || tag[2] !== major) return false
      return of === 'py' ? digits === '' || Number(digits) <= Number(minor) : tag === own
    })
  if (platforms === 'any' ? !isGeneric : !(isOwn || isStable || isGeneric)) return undefined
  if (!platforms.split('.').some((tag) => isPlatform(tag, installer))) return undefined
  return (isOwn ? 40 : isStable ? 30 : 10) + (platforms === 'any' ? 0 : 5)
}

/** The version in a file's name: behind a wheel's first dash, behind an sdist's name. */
export const versionOf = (file: string, project: string): string =>
  file.endsWith('.whl')
    ? (file.split('-')[1] ?? '')
    : file.slice(project.length + 1).replace(/\.(?:zip|tar\.\w+|tgz)$/i, '')

const plain = /^\d+(?:\.\d+)*$/

/** Most versions of a page are numbers, and a page can have thousands. */
const order = (a: string, b: string): number => {
  if (!plain.test(a) || !plain.test(b)) return compare(a, b)
  const [left, right] = [a.split('.'), b.split('.')]
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = Number(left[i] ?? 0) - Number(right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/**
 * Guesses which file of a page an installer takes: of the newest version that fits, the wheel whose tags fit best, else the sdist.
 * As pip: no pre-release, nothing yanked, nothing for another Python.
 *
 * @param specifier What is required of its version (PEP 440); empty for any.
 */
export const chooseFile = (
  files: readonly PageFile[],
  project: string,
  specifier: string,
  installer: Installer,
): PageFile | undefined => {
  let best: { readonly file: PageFile; readonly version: string; readonly score: number } | undefined
  // Pages list the newest last, so nearly all are told by their versions alone.
  for (const file of [...files].reverse()) {
    const version = versionOf(file.name, project)
    // Without a specifier satisfies() is not asked, so pre-releases are told by their letters.
    if (
      file.yanked ||
      (!plain.test(version) && (valid(version) === null || /(?:a|b|c|rc|pre|preview|dev)[-_.]?\d*/i.test(version)))
    )
      continue
    const newer = best === undefined ? 1 : order(version, best.version)
    if (newer < 0 || !projectsOf(file.name).includes(project)) continue
    const score = file.name.endsWith('.whl')
      ? fit(file.name, installer)
      : /\.(?:tar\.gz|zip)$/.test(file.name)
        ? 0
        : undefined
    if (score === undefined || (newer === 0 && score <= (best?.score ?? -1))) continue
    if (specifier !== '' && !satisfies(version, specifier)) continue
    const { requiresPython: pythons } = file
    if (pythons === undefined || satisfies(installer.python, pythons, { prereleases: true }))
      best = { file, version, score }
  }
  return best?.file
}
