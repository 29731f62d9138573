import type { Page, PageFile } from '../index/page.js'

/**
 * Remembers values by keys. They weigh at most so much together: the one that was set first goes, but the last stays,
 * whatever it weighs.
 *
 * @param isHeld Whether a value goes only after all that are not held.
 */
export const newRemembered = <Value>(
  most: number,
  weigh: (value: Value) => number = () => 1,
  isHeld: (value: Value) => boolean = () => false,
) => {
  const entries = new Map<string, Value>()
  let weight = 0
  const get = (key: string): Value | undefined => entries.get(key)
  const remove = (key: string): void => {
    const value = entries.get(key)
    if (value !== undefined) weight -= weigh(value)
    entries.delete(key)
  }
  const makeRoom = (length: number): void => {
    for (const takesAll of [false, true])
      for (const [key, value] of entries) {
        if (weight + length <= most) return
        if (takesAll || !isHeld(value)) remove(key)
      }
  }
  const set = (key: string, value: Value): void => {
    remove(key)
    makeRoom(weigh(value))
    entries.set(key, value)
    weight += weigh(value)
  }
  return {
    get,
    remove,
    set,
    /** The value of a key, which is made if there is none; it goes last. */
    use: (key: string, make: () => Value): Value => {
      const value = entries.get(key) ?? make()
      set(key, value)
      return value
    },
    keys: (): IterableIterator<string> => entries.keys(),
    values: (): IterableIterator<Value> => entries.values(),
  }
}

/** The most that is remembered of pages, in bytes. */
const mostBytes = 8 * 1024 * 1024

/** So many files' names at most are remembered without their pages. */
const mostFiles = 2_000

/** A page as it was read. */
export interface RememberedPage extends Page {
  /** Until when it is served without its server being asked: milliseconds since 1970. */
  readonly until: number
  /** By what its server is asked whether it has changed since (RFC 9110, 13.1). */
  readonly conditions: Readonly<Record<string, string>>
  /** Of one that was fetched ahead, and that nobody has read: whether it is good although its time is over. */
  readonly isAwaited?: (() => boolean) | undefined
  /** What the log says of it once an installer is told. */
  readonly note?: string | undefined
  /** That of its body, in bytes: what is read of it takes about as much. */
  readonly length: number
}

/** Pages by the names of projects. */
export const rememberPages = () => {
  const pages = newRemembered<RememberedPage>(
    mostBytes,
    ({ length }) => length,
    ({ isAwaited }) => isAwaited?.() === true,
  )
  /** Of pages that went since: who asked for metadata asks for the wheel later. */
  const asked = newRemembered<readonly PageFile[]>(mostFiles)
  return {
    get: pages.get,
    /** Whether there is room for one more that nobody reads yet. */
    hasRoom: (): boolean =>
      [...pages.values()].reduce((all, { length, isAwaited }) => all + (isAwaited?.() ? length : 0), 0) < mostBytes / 2,
    set: (project: string, page: RememberedPage): void => {
      for (const key of asked.keys()) if (key.startsWith(`${project}/`)) asked.remove(key)
      pages.set(project, page)
    },
    /** The files of a name on a project's last page; undefined if it is not known. */
    filesNamed: (project: string, name: string): readonly PageFile[] | undefined => {
      const key = `${project}/${name}`
      const files = pages.get(project)?.files.filter((file) => file.name === name) ?? asked.get(key)
      if (files !== undefined && files.length > 0) asked.set(key, files)
      return files
    },
  }
}
