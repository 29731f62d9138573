import { timingSafeEqual } from 'node:crypto'
import { normaliseName } from '../../index/distribution-file.js'

/** What a path of the relay stands for. */
export type Route =
  | { readonly kind: 'status' }
  | { readonly kind: 'end' }
  /** `hasSlash`: the links of a page are relative to a path that ends in one. */
  | { readonly kind: 'root'; readonly index: number; readonly hasSlash: boolean }
  | { readonly kind: 'page'; readonly index: number; readonly project: string; readonly hasSlash: boolean }
  | { readonly kind: 'file'; readonly index: number; readonly key: string; readonly name: string }

const isToken = (text: string, token: string): boolean => {
  const [one, other] = [Buffer.from(text), Buffer.from(token)]
  return one.length === other.length && timingSafeEqual(one, other)
}

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/**
 * Reads a path.
 *
 * @param path The path of a request, with its query.
 * @param token The secret first part of all paths.
 * @returns What it stands for; undefined where that is nothing, or the secret is missing.
 */
export const routeOf = (path: string, token: string): Route | undefined => {
  const [, first = '', ...rest] = (path.split('?')[0] ?? '').split('/')
  if (!isToken(first, token)) return undefined
  const [part = '', kind, ...more] = rest
  if (part === '-') return (kind === 'status' || kind === 'end') && more.length === 0 ? { kind } : undefined
  if (!/^\d{1,4}$/.test(part)) return undefined
  const index = Number(part)
  const [one = '', two, ...others] = more
  if (others.length > 0) return undefined
  if (kind === 'simple') {
    if (one === '') return two === undefined ? { kind: 'root', index, hasSlash: more.length > 0 } : undefined
    const project = decode(one)
    // The names that PEP 508 allows: nothing else goes into another server's path.
    if (
      project === undefined ||
      !/^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i.test(project) ||
      (two !== undefined && two !== '')
    )
      return undefined
    return { kind: 'page', index, project: normaliseName(project), hasSlash: two === '' }
  }
  const name = decode(two ?? '')
  if (kind === 'files' && name && /^[\w-]+$/.test(one)) return { kind: 'file', index, key: one, name }
  return undefined
}
