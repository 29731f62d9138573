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
 * @param options Its environment and folder, and what to do with each line as it comes.
 */
export const runProgram = (
  program: string,
  args: readonly string[],
  { onLine, ...options }: { env?: NodeJS.ProcessEnv; cwd?: string; onLine?: (line: string) => void } = {},
): Promise<Finished> =>
  new Promise((resolve, reject) => {
    // tap puts NODE_OPTIONS into each child's environment, whatever it is given, and every node of a build would load it.
    const nodeOptions = options.env?.['NODE_OPTIONS']
    const environment = nodeOptions === undefined ? ['-u', 'NODE_OPTIONS'] : [`NODE_OPTIONS=${nodeOptions}`]
    const child = spawn('env', [...environment, program, ...args], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const chunks: Buffer[] = []
    let rest = ''
    const take = (chunk: Buffer): void => {
      chunks.push(chunk)
      const lines = `${rest}${chunk.toString('utf8')}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine?.(line)
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', reject)
    child.on('close', (status) => resolve({ status: status ?? -1, log: Buffer.concat(chunks).toString('utf8') }))
  })
