import { spawn } from 'node:child_process'

/** What became of a program. */
export interface Finished {
  /** Its exit status; -1 where a signal ended it. */
  readonly status: number
  /** All that it wrote, to standard output and standard error, in the order in which it came. */
  readonly log: string
}

/**
 * Runs a program, while this process goes on, so that a server in it can answer.
 *
 * @param program Its name or path.
 * @param args Its arguments.
 * @param options Its environment and folder.
 */
export const runProgram = (
  program: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Promise<Finished> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', reject)
    child.on('close', (status) => resolve({ status: status ?? -1, log: Buffer.concat(chunks).toString('utf8') }))
  })
