import { timingSafeEqual } from 'node:crypto'
import { decodePercents, normaliseName } from '../../index/distribution-file.js'
import type { PageFile } from '../../index/page.js'
import type { Index } from '../../settings/index-list.js'

/** What a path of the relay stands for. */
export type Route =
  /** What only our own hooks ask for, by a secret of their own. */
  | { readonly kind: 'control' }
  /** `hasSlash`: the links of a page are relative to a path that ends in one. */
  | { readonly kind: 'root'; readonly index: number; readonly hasSlash: boolean }
  | { readonly kind: 'page'; readonly index: number; readonly project: string; readonly hasSlash: boolean }
  | ({ readonly kind: 'file'; readonly index: number } & FileRoute)

/** A file, the `nth` of several of one name that the project's page lists, or the metadata that lies beside it. */
export interface FileRoute {
  readonly project: string
  readonly nth: number
  readonly name: string
  readonly isMetadata: boolean
}

/** Where a file is below `files/`, which stands for it in its index. */
export const keyOf = ({ project, nth, name }: Omit<FileRoute, 'isMetadata'>): string =>
  `${project}${nth === 0 ? '' : `~${nth}`}/${encodeURIComponent(name)}`

/** The file of a project's page that a route names. */
export const nthOf = (
  files: readonly PageFile[],
  { nth, name }: Pick<FileRoute, 'nth' | 'name'>,
): PageFile | undefined => files.filter((file) => file.name === name)[nth]

/** The links of a project's page to its files, which are asked for in their order. */
export const linksOf = (project: string): ((file: PageFile) => string) => {
  const seen = new Map<string, number>()
  return ({ name }) => {
    const nth = seen.get(name) ?? 0
    seen.set(name, nth + 1)
    return `../../files/${keyOf({ project, nth, name })}`
  }
}

/** The relay's two secrets, each the first part of paths: installers' own, and the one by which it is asked and ended. */
export interface Secrets {
  readonly installers: string
  readonly control: string
}

/** The first part of an index' paths behind the secret: its number, and its host, which pip and uv show. */
export const partOf = (i: number, { host }: Pick<Index, 'host'>): string =>
  `${i + 1}-${host === '' ? 'folder' : host.replace(/[^\w.-]/g, '')}`

const isSecret = (text: string, secret: string): boolean => {
  const [one, other] = [Buffer.from(text), Buffer.from(secret)]
  return one.length === other.length && timingSafeEqual(one, other)
}

// The names that PEP 508 allows: nothing else goes into another server's path.
const isProject = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i

/**
 * Reads a path.
 *
 * @returns What it stands for; undefined if that is nothing, or the secret is missing.
 */
export const routeOf = (path: string, { installers, control }: Secrets): Route | undefined => {
  const [, first = '', part = '', kind, one = '', two, ...others] = (path.split('?')[0] ?? '').split('/')
  if (isSecret(first, control)) return part === '' && kind === undefined ? { kind: 'control' } : undefined
  const [, number] = /^(\d{1,4})-[\w.-]*$/.exec(part) ?? []
  if (!isSecret(first, installers) || number === undefined || others.length > 0) return undefined
  const index = Number(number) - 1
  if (kind === 'simple') {
    if (two !== undefined && two !== '') return undefined
    if (one === '') return two === undefined ? { kind: 'root', index, hasSlash: /\/simple\//.test(path) } : undefined
    const project = decodePercents(one)
    if (project === undefined || !isProject.test(project)) return undefined
    return { kind: 'page', index, project: normaliseName(project), hasSlash: two === '' }
  }
  const [, project = '', nth = '0'] = /^([^~]+)(?:~(\d+))?$/.exec(one) ?? []
  const name = decodePercents(two ?? '')
  if (kind !== 'files' || !name || !isProject.test(project)) return undefined
  const file = name.replace(/\.metadata$/, '')
  return { kind: 'file', index, project, nth: Number(nth), name: file, isMetadata: file !== name }
}
