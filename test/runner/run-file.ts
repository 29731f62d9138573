import { spawn } from 'node:child_process'

/** The longest that a test file may run, in seconds. */
const limit = 900

/** What became of a test file. */
export interface Outcome {
  readonly file: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Why something was skipped. */
  readonly reasons: readonly string[]
  /** In milliseconds. */
  readonly time: number
  /** All that it wrote: TAP, and what the code under test says. */
  readonly output: string
}

/**
 * Counts what a run of tap tells. A run that was broken off, or whose exit status is a failure though no test
 * failed, counts as one failure more.
 *
 * @param output TAP, as tap's own library writes it.
 * @param status The exit status; null where a signal ended it.
 */
export const countTap = (
  output: string,
  status: number | null,
): Pick<Outcome, 'passed' | 'failed' | 'skipped' | 'reasons'> => {
  // A file that is skipped as a whole has a plan of nothing, with the reason; tap writes no SKIP there, and counts none.
  const reasons = [...output.matchAll(/(?:^1\.\.0 # (?:SKIP )?|# SKIP )(.+)$/gm)].map(([, reason = '']) => reason)
  const isSkipped = /^1\.\.0 # /m.test(output)
  const counts = [...output.matchAll(/^# \{ total: [0-9]+.*\}$/gm)].at(-1)?.[0]
  const number = (name: string): number => Number(new RegExp(`\\b${name}: ([0-9]+)`).exec(counts ?? '')?.[1] ?? 0)
  const isWhole = counts !== undefined || (status === 0 && isSkipped)
  const failed = number('fail') + (/^Bail out!/m.test(output) ? 1 : 0)
  return {
    passed: number('pass'),
    failed: Math.max(failed, isWhole && status === 0 ? 0 : 1),
    skipped: isWhole && isSkipped ? 1 : number('skip'),
    reasons,
  }
}

/**
 * Runs a test file by Node.js, in a process of its own.
 *
 * @param file Its TypeScript, by which it is named.
 * @param program Its JavaScript.
 */
export const runFile = (file: string, program: string): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    // On Node.js 18 tap misses a global that later ones have.
    const old = Number.parseInt(process.versions.node, 10) < 20 ? ['--experimental-global-webcrypto'] : []
    const began = performance.now()
    const child = spawn(process.execPath, [...old, '--enable-source-maps', program], {
      env: { ...process.env, TAP_TIMEOUT: String(limit) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    // tap's library ends its tests by itself at the limit, and says which one hangs; this is for what it cannot end.
    const timers = (['SIGTERM', 'SIGKILL'] as const).map((signal, index) =>
      setTimeout(() => child.kill(signal), (limit + 30 * (index + 1)) * 1000),
    )
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', reject)
    child.on('close', (status) => {
      for (const timer of timers) clearTimeout(timer)
      const output = Buffer.concat(chunks).toString('utf8')
      resolve({ file, ...countTap(output, status), time: performance.now() - began, output })
    })
  })
