import { rcompare, satisfies, valid } from '@renovatebot/pep440'
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

/** The version in a file's name: behind a wheel's first dash, behind an sdist's name; undefined if it is not one of PEP 440. */
const versionOf = (file: string, project: string): string | undefined => {
  const text = file.endsWith('.whl')
    ? (file.split('-')[1] ?? '')
    : file.slice(project.length + 1).replace(/\.(?:zip|tar\.\w+|tgz)$/i, '')
  return valid(text) === null ? undefined : text
}

/**
 * Guesses which file of a page an installer takes: of the newest version that fits, the wheel whose tags fit best, else the sdist.
 * As pip: no pre-release, nothing yanked, nothing for another Python.
 *
 * @param specifiers What is required of its version, each a specifier of PEP 440 or empty.
 */
export const chooseFile = (
  files: readonly PageFile[],
  project: string,
  specifiers: readonly string[],
  installer: Installer,
): PageFile | undefined => {
  const wanted = specifiers.filter((specifier) => specifier !== '')
  const found = files.flatMap((file) => {
    if (file.yanked || !projectsOf(file.name).includes(project)) return []
    const version = versionOf(file.name, project)
    if (version === undefined || !wanted.every((specifier) => satisfies(version, specifier))) return []
    // Without a specifier satisfies() is not asked, so pre-releases are told by their letters (PEP 440).
    if (/(?:a|b|c|rc|alpha|beta|pre|preview|dev)[-_.]?\d*/i.test(version)) return []
    const isWheel = file.name.endsWith('.whl')
    const score = isWheel ? fit(file.name, installer) : /\.(?:tar\.gz|zip)$/.test(file.name) ? 0 : undefined
    return score === undefined ? [] : [{ file, version, score }]
  })
  found.sort((a, b) => rcompare(a.version, b.version) || b.score - a.score)
  // Few pages name it in a way that needs judging, so only candidates are judged, newest first.
  return found.find(
    ({ file }) =>
      file.requiresPython === undefined || satisfies(installer.python, file.requiresPython, { prereleases: true }),
  )?.file
}
