import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ignoreErrors } from '../../../element-src/lib/base/errors.js'

const usual = (process.env['PATH'] ?? '').split(':').concat('/usr/sbin', '/sbin', '/usr/bin', '/bin')

/**
 * Makes a PATH with all of this machine's programs but Node.js.
 *
 * @param folder A folder to make, which it consists of.
 */
export const pathWithoutNode = (folder: string): string => {
  const found = new Set<string>()
  mkdirSync(folder)
  for (const directory of usual) {
    for (const name of ignoreErrors(['ENOENT', 'ENOTDIR', 'EACCES'], () => readdirSync(directory)) ?? []) {
      if (found.has(name) || /^(?:node|nodejs|npm|npx)$/.test(name)) continue
      found.add(name)
      symlinkSync(join(directory, name), join(folder, name))
    }
  }
  return folder
}

/**
 * Makes a PATH on which a program of the test's own comes first.
 *
 * @param folder A folder to make, for the program.
 */
export const pathWith = (folder: string, name: string, script: string): string => {
  mkdirSync(folder)
  writeFileSync(join(folder, name), `#!/bin/bash\n${script}\n`)
  chmodSync(join(folder, name), 0o755)
  return [folder, ...usual].join(':')
}
