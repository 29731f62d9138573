/** A key with its value, whatever the file's format: a list is an array of its items. */
export interface Entry {
  /** The names of the section or of the tables that it is in, and its own. */
  readonly path: readonly string[]
  /** What becomes of it: undefined takes it out. */
  readonly value: unknown
}

/** How the files of a format are read and changed. */
export interface Dialect {
  /** A text's entries, and what its installer could not read of it. */
  readonly read: (text: string) => { readonly entries: readonly Entry[]; readonly fault: string | undefined }
  /** The items of a value that is a list. */
  readonly itemsOf: (entry: Entry) => readonly unknown[] | undefined
  /** Changes entries. */
  readonly edit: (text: string, changes: readonly Entry[]) => string
}
