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
  const keys = new Map<string, string>()
  const files = new Map<string, PageFile>()
  return {
    add: (file) => {
      const key = keys.get(file.url) ?? keys.size.toString(36)
      keys.set(file.url, key)
      files.set(key, file)
      return key
    },
    get: (key) => files.get(key),
  }
}
