import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Writes an element for a test.
 *
 * @param files Its files: hooks, in `<phase>.d/<name>`, become executable.
 */
export const writeElement = (folder: string, name: string, files: Readonly<Record<string, string>>): void => {
  for (const [path, text] of Object.entries({ 'README.rst': `${name}\n`, ...files })) {
    const target = join(folder, name, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text)
    chmodSync(target, text.startsWith('#!') ? 0o755 : 0o644)
  }
}
