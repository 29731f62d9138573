import { fieldsOf, parseJson, textOf } from '../../base/json.js'
import type { Interpreter } from '../../index/wheel-targets.js'

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
