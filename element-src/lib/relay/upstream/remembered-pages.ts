import type { Page, PageFile } from '../../index/page.js'

/** The most that is remembered of pages, by the bytes of their bodies: what is read of one takes about as much. */
const mostBytes = 8 * 1024 * 1024

/** So many names of files that were asked for are remembered without their pages: who asked for metadata asks for the wheel later. */
const mostFiles = 2_000

/** Sets an entry of a map that has at most so many: the one that was set first goes. */
export const setLast = <Value>(map: Map<string, Value>, key: string, value: Value, most: number): void => {
  map.delete(key)
  map.set(key, value)
  const [oldest = ''] = map.keys()
  if (map.size > most) map.delete(oldest)
}

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
  /** That of its body, in bytes. */
  readonly length: number
}

/** Pages by the names of projects. Begins with none. */
export const rememberPages = () => {
  const pages = new Map<string, RememberedPage>()
  const asked = new Map<string, readonly PageFile[]>()
  let bytes = 0
  const remove = (project: string): void => {
    bytes -= pages.get(project)?.length ?? 0
    pages.delete(project)
  }
  /** Those that an installer will read go last. */
  const makeRoom = (length: number): void => {
    for (const takesAll of [false, true])
      for (const [project, { isAwaited }] of pages) {
        if (bytes + length <= mostBytes) return
        if (takesAll || !isAwaited?.()) remove(project)
      }
  }
  return {
    /** Whether there is room for one more that nobody reads yet. */
    hasRoom: (): boolean =>
      [...pages.values()].reduce((all, { length, isAwaited }) => all + (isAwaited?.() ? length : 0), 0) < mostBytes / 2,
    get: (project: string): RememberedPage | undefined => pages.get(project),
    set: (project: string, page: RememberedPage): void => {
      remove(project)
      for (const key of asked.keys()) if (key.startsWith(`${project}/`)) asked.delete(key)
      makeRoom(page.length)
      pages.set(project, page)
      bytes += page.length
    },
    /** The files of a name on a project's last page, also when others have taken its place: undefined if it is not known. */
    filesNamed: (project: string, name: string): readonly PageFile[] | undefined => {
      const key = `${project}/${name}`
      const files = pages.get(project)?.files.filter((file) => file.name === name) ?? asked.get(key)
      if (files === undefined || files.length === 0) return files
      setLast(asked, key, files, mostFiles)
      return files
    },
  }
}
