import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const findUp = (folder: string): string =>
  existsSync(join(folder, 'element-src')) ? folder : findUp(resolve(folder, '..'))

/** The project's top folder, wherever a program of it is started. */
export const project = findUp(dirname(fileURLToPath(import.meta.url)))
