import type { Page } from '../../index/page.js'
import type { Index } from '../../settings/index-list.js'
import type { Asker, PassedOn } from './answer.js'

/** What an index has of a project. */
export type Found =
  | ({ readonly kind: 'page' } & Page)
  /** It has no such project, or is left out. */
  | { readonly kind: 'none' }
  /** Its server's own answer, which is passed on. */
  | ({ readonly kind: 'answer' } & PassedOn)
  /** It cannot be used; installers are told why. */
  | { readonly kind: 'refused'; readonly cause: string }

/** An index, wherever it is. */
export interface Source {
  readonly config: Index
  /** Looks for a project, by its normalised name; rejected with an HttpError if no connection was made, or one broke off. */
  readonly find: (project: string, asker: Asker) => Promise<Found>
  /** The same, from memory if the page is remembered, or if only its files of one name are asked for and were before. */
  readonly filesOf: (project: string, asker: Asker, name?: string) => Promise<Found>
  /** The names of its projects, if it knows them without a request. */
  readonly projects: () => readonly string[]
}
