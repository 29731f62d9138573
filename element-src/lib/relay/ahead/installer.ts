import { compare } from '@renovatebot/pep440/lib/operator.js'
import { satisfies } from '@renovatebot/pep440/lib/specifier.js'
import { valid } from '@renovatebot/pep440/lib/version.js'
import { fieldsOf, parseJson, textOf } from '../../base/json.js'
import { versionOf } from '../../index/distribution-file.js'
import type { PageFile } from '../../index/page.js'
import { type Interpreter, wheelFit } from '../../index/wheel-targets.js'

/** What an installer says of itself, and so what it installs for. */
export interface Installer extends Interpreter {
  readonly implementationVersion: string
  /** As uname(1) says it: Linux, x86_64. */
  readonly system: string
  readonly machine: string
  /** `glibc` or `musl`, with its version; undefined if the installer does not say. */
  readonly libc: { readonly name: string; readonly version: string } | undefined
}

/**
 * Reads a User-Agent header: pip (its network/session.py, user_agent, since 6) and uv write JSON behind their version.
 *
 * @returns undefined if the header does not name a Python and a system, as that of easy_install: then nothing can be judged.
 */
export const readUserAgent = (header: string | undefined): Installer | undefined => {
  const [, json] = /^\S+ (\{.*\})/s.exec(header ?? '') ?? []
  const said = fieldsOf(parseJson(json ?? ''))
  const implementation = fieldsOf(said['implementation'])
  const libc = fieldsOf(fieldsOf(said['distro'])['libc'])
  const [name, version] = [textOf(libc['lib']), textOf(libc['version'])]
  const python = textOf(said['python'])
  const system = textOf(fieldsOf(said['system'])['name'])
  if (!python || !/^\d+\.\d+/.test(python) || system === undefined) return undefined
  return {
    python,
    implementation: textOf(implementation['name']) ?? 'CPython',
    implementationVersion: textOf(implementation['version']) ?? python,
    system,
    machine: textOf(said['cpu']) ?? '',
    libc: name && version && /^\d+\.\d+/.test(version) ? { name, version } : undefined,
  }
}

/** The first glibc of the older names of manylinux (PEP 600). */
const legacy: Readonly<Record<string, string>> = { manylinux1: '2_5', manylinux2010: '2_12', manylinux2014: '2_17' }

const isPlatform = (tag: string, { system, machine, libc }: Installer): boolean => {
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
    if (file.yanked || version === undefined || /(?:a|b|rc)\d|\.dev/.test(version)) continue
    if (!plain.test(version) && valid(version) === null) continue
    const newer = best === undefined ? 1 : order(version, best.version)
    if (newer < 0) continue
    const score = file.name.endsWith('.whl')
      ? wheelFit(file.name, installer, (tag) => isPlatform(tag, installer))
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
