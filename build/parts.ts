import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Something that a bundle holds code of, as its package.json tells. */
export interface Part {
  readonly name: string
  readonly version: string
  /** Its licence, by its name in SPDX's list. */
  readonly license: string
}

/**
 * Reads what a package says of itself.
 *
 * @throws Error where its licence is no single name of SPDX's list, which needs a decision.
 */
export const readPart = (folder: string): Part => {
  const { name, version, license }: Record<string, unknown> = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  )
  if (typeof license !== 'string' || !/^[A-Za-z0-9.-]+$/.test(license))
    throw new Error(`${folder}: package.json names no licence of SPDX's list`)
  return { name: String(name), version: String(version), license }
}

/** The package that a file of node_modules is of; undefined for a file of ours. */
export const packageOf = (path: string): string | undefined => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]
