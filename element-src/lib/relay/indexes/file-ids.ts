import type { PageFile } from '../../index/page.js'

/** The files that an index's pages have listed: nothing else of it can be asked for. */
export interface FileIds {
  /**
   * Takes note of a file.
   *
   * @returns What stands for it in the relay's URLs: short, and the same each time.
   */
  readonly add: (file: PageFile) => string
  readonly get: (key: string) => PageFile | undefined
}

/** Begins with none. */
export const newFileIds = (): FileIds => {
  const numbers = new Map<string, number>()
  const files: PageFile[] = []
  return {
    add: (file) => {
      const number = numbers.get(file.url) ?? files.length
      if (number === files.length) numbers.set(file.url, number)
      files[number] = file
      return number.toString(36)
    },
    get: (key) => {
      const number = Number.parseInt(key, 36)
      return number.toString(36) === key ? files[number] : undefined
    },
  }
}
