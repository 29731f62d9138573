import type { Page } from '../../index/page.js'
import type { RelayIndex } from '../config.js'

/** What an index has of a project. */
export type Found =
  | ({ readonly kind: 'page' } & Page)
  /** It has no such project. */
  | { readonly kind: 'none' }
  /** It could not be asked, or not be used; installers are told why. */
  | { readonly kind: 'refused'; readonly cause: string }

/** An index, wherever it is. */
export interface Source {
  readonly config: RelayIndex
  /** Looks for a project, by its normalised name; never rejected. */
  readonly find: (project: string) => Promise<Found>
  /** The names of its projects, where it knows them without a request. */
  readonly projects: () => readonly string[]
}
