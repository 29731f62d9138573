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

type Fields = Readonly<Record<string, unknown>>

const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/**
 * Reads a User-Agent header: pip (its network/session.py, user_agent, since 6) and uv write JSON behind their version.
 *
 * @returns undefined if the header does not name a Python and a system, as that of easy_install: then nothing can be judged.
 */
export const readUserAgent = (header: string | undefined): Installer | undefined => {
  const [, json] = /^\S+ (\{.*\})/s.exec(header ?? '') ?? []
  let said: Fields
  try {
    said = fields(JSON.parse(json ?? ''))
  } catch {
    return undefined
  }
  const implementation = fields(said['implementation'])
  const libc = fields(fields(said['distro'])['libc'])
  const [name, version] = [text(libc['lib']), text(libc['version'])]
  const python = text(said['python'])
  const system = text(fields(said['system'])['name'])
  if (!/^\d+\.\d+/.test(python) || system === '') return undefined
  return {
    python,
    implementation: text(implementation['name']) || 'CPython',
    implementationVersion: text(implementation['version']) || python,
    system,
    machine: text(said['cpu']),
    libc: name !== '' && /^\d+\.\d+/.test(version) ? { name, version } : undefined,
  }
}
