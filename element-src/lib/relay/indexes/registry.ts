import { createHash } from 'node:crypto'
import type { PageFile } from '../pages/page.js'

/** The files that an index's pages have listed: nothing else of it can be asked for. */
export interface Registry {
  /**
   * Takes note of a file.
   *
   * @returns What stands for it in the relay's URLs: short, and the same each time.
   */
  readonly add: (file: PageFile) => string
  readonly get: (key: string) => PageFile | undefined
}

/** Begins with none. */
export const newRegistry = (): Registry => {
  const files = new Map<string, PageFile>()
  return {
    add: (file) => {
      const key = createHash('sha256').update(file.url).digest('base64url').slice(0, 12)
      files.set(key, file)
      return key
    },
    get: (key) => files.get(key),
  }
}
