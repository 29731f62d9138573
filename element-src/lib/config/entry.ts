/** A key with its value, whatever the file's format: a list is an array of its items. */
export interface Entry {
  /** The names of the section or of the tables that it is in, and its own. */
  readonly path: readonly string[]
  /** What becomes of it: undefined takes it out. */
  readonly value: unknown
}

/** A text's entries, and what its installer could not read of it. */
export interface EntriesRead {
  readonly entries: readonly Entry[]
  readonly fault: string | undefined
}
