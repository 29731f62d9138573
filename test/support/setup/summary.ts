import { readFileSync } from 'node:fs'

/** What tap's last lines count. */
interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const countsIn = (tap: string): Counts => {
  const counts = [...tap.matchAll(/^# \{ total: ([0-9]+).*\}$/gm)].at(-1)
  // Without its last lines the run was broken off.
  if (counts === undefined) return { passed: 0, failed: 1, skipped: 0 }
  const number = (name: string): number => Number(new RegExp(`${name}: ([0-9]+)`).exec(counts[0])?.[1] ?? 0)
  const bailedOut = /^Bail out!/m.test(tap) ? 1 : 0
  return { passed: number('pass'), failed: number('fail') + bailedOut, skipped: number('skip') }
}

// node build/run.mjs test/support/setup/summary.ts RUN.tap...: the closing line of `make test`, and its exit status.
const [, , ...files] = process.argv
const runs = files.map((file) => readFileSync(file, 'utf8'))
const all = runs.map(countsIn)
const reasons = runs.flatMap((tap) => [...tap.matchAll(/# SKIP (.+)$/gm)].map(([, reason]) => reason))
for (const reason of new Set(reasons)) console.log(`Skipped: ${reason}`)
const sum = (field: keyof Counts): number => all.reduce((total, counts) => total + counts[field], 0)
const skipped = sum('skipped')
if (skipped > 0 && process.env['CI'] === 'true') console.log(`${skipped} skipped, which is a failure where CI is set`)
console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
if (sum('failed') > 0 || sum('passed') === 0 || (skipped > 0 && process.env['CI'] === 'true')) process.exitCode = 1
