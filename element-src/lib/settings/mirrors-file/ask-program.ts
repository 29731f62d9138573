import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { UserError } from '../../base/errors.js'
import type { FileIndexes } from './read-mirrors-file.js'
import type { FileAnswer, FileQuestion } from './run-program.js'

/**
 * Has the program of this element read a mirrors file. What it is told and what it answers, with passwords, goes through pipes.
 *
 * @param hooksFolder dib's $TMP_HOOKS_PATH, on the host, to which dib has copied the program.
 * @param question What it is told.
 * @returns What the file comes to.
 * @throws UserError where something in the file cannot be used.
 */
export const askProgram = (hooksFolder: string, question: FileQuestion): FileIndexes => {
  const program = join(hooksFolder, 'pypi-relay', 'pypi-mirrors-file')
  const { status, stdout } = spawnSync(process.execPath, [program], {
    input: JSON.stringify(question),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new UserError(`${program} does not run: see the lines above; is the element complete?`)
  const answer = JSON.parse(stdout) as FileAnswer
  if ('error' in answer) throw new UserError(answer.error)
  return answer
}
