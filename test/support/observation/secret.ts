import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { ignoreErrors } from '../../../element-src/lib/base/errors.js'
import { runProgram } from '../builds/run.js'

/** A user and a password, new in each run, so that a find is this run's. */
export interface Secret {
  /** `user:password`, as a server knows it. */
  readonly credentials: string
  /** The same in a URL, with percent signs. */
  readonly inUrl: string
  /** What to look for: the one part of the password that is the same in all of its spellings, and base64 (RFC 7617). */
  readonly traces: readonly string[]
}

/** Makes a password that has to be written in another way in a URL, and in yet another in .pydistutils.cfg. */
export const makeSecret = (): Secret => {
  const token = randomBytes(8).toString('hex')
  const spellings = [`builder:p@ss=w;${token}`, `builder:p%40ss=w;${token}`, `builder:p%%40ss=w;${token}`] as const
  // Whole groups of three bytes alone: what comes after them may stand in the same group as the last.
  const base64 = spellings.map((text) =>
    Buffer.from(text)
      .toString('base64')
      .slice(0, Math.floor(text.length / 3) * 4),
  )
  return { credentials: spellings[0], inUrl: spellings[1], traces: [token, ...base64] }
}

/**
 * Looks for texts in files, below folders too, links not followed.
 *
 * @param texts The texts, of one line each.
 * @param paths The files and folders. What goes away meanwhile is passed over.
 * @returns The files that hold one of them.
 */
export const filesWith = async (texts: readonly string[], paths: readonly string[]): Promise<readonly string[]> => {
  const found: string[] = []
  // Images of disks are long runs of zeros, without a line break: so a line ends at a zero. No process has the texts in its
  // arguments, since arguments are looked into as well.
  await runProgram('sh', ['-c', 'printenv TEXTS | grep --null-data -rlaFs -f - -- "$@"', 'sh', ...paths], {
    env: { ...process.env, TEXTS: texts.join('\n') },
    onLine: (line) => found.push(line),
  })
  return found
}

/** What was seen of the machine's processes. */
export interface SeenProcesses {
  /** The arguments of each, joined by spaces. */
  readonly commands: ReadonlySet<string>
  readonly stop: () => void
}

/**
 * Looks at all processes' arguments, again and again, until it is stopped.
 *
 * @param milliseconds The time from one look to the next.
 */
export const watchProcesses = (milliseconds: number): SeenProcesses => {
  const commands = new Set<string>()
  const look = (): void => {
    for (const name of readdirSync('/proc')) {
      if (!/^[0-9]+$/.test(name)) continue
      // A process may end between the two.
      const text = ignoreErrors(['ENOENT', 'ESRCH'], () => readFileSync(`/proc/${name}/cmdline`, 'latin1'))
      if (text) commands.add(text.replaceAll('\0', ' '))
    }
  }
  const timer = setInterval(look, milliseconds)
  return { commands, stop: () => clearInterval(timer) }
}
