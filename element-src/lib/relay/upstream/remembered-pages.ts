import type { Page } from '../../index/page.js'

/** The files that pages have listed, so that an installer can ask for them: of so many files at most, the oldest pages go first. */
const mostFiles = 60_000

/** A page as it was read. */
export interface RememberedPage extends Page {
  /** Until when it is served without its server being asked: milliseconds since 1970. */
  readonly until: number
  /** By what its server is asked whether it has changed since (RFC 9110, 13.1). */
  readonly conditions: Readonly<Record<string, string>>
  /** What the log says of it once an installer is told. */
  readonly note?: string | undefined
}

/** Pages by the names of projects. */
export interface RememberedPages {
  readonly get: (project: string) => RememberedPage | undefined
  readonly set: (project: string, page: RememberedPage) => void
}

const lengthOf = ({ files, links }: Page): number => files.length + links.length

/** Begins with none. */
export const rememberPages = (): RememberedPages => {
  const pages = new Map<string, RememberedPage>()
  let count = 0
  const remove = (project: string): void => {
    const page = pages.get(project)
    if (page !== undefined) count -= lengthOf(page)
    pages.delete(project)
  }
  return {
    get: (project) => pages.get(project),
    set: (project, page) => {
      remove(project)
      for (const oldest of pages.keys()) {
        if (count + lengthOf(page) <= mostFiles) break
        remove(oldest)
      }
      pages.set(project, page)
      count += lengthOf(page)
    },
  }
}
