// `node build/run.mjs test/run.ts [LAYER|FOLDER|FILE...]` runs tests; layers are the folders below test/ that hold some. tap runs the tests of
// a file; its own runner starts Node.js and tap again for each of 80 unit files, knows no order, and passes what is skipped in CI.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import { project } from '../build/project.js'
import { ignoreErrors } from '../element-src/lib/base/errors.js'
import { oldRoot, smallRoot } from './support/setup/fixtures.js'

const layers = ['unit', 'hook', 'image', 'hosts']
/** Three for each processor: most wait for disks, mounts or servers now and then. */
const jobs = cpus().length * 3
/** The longest that a file may take, in seconds: longer than the slowest on a busy machine. */
const limit = 900
const isCi = process.env['CI'] === 'true'
const began = performance.now()

/** Without a version manager's scripts before python3: each start of it would take four times as long. */
const PATH = (process.env['PATH'] ?? '')
  .split(':')
  .filter((folder) => !folder.endsWith('/shims') || !existsSync('/usr/bin/python3'))
  .join(':')

/** What became of a test file: counts, and the seconds that it took. */
interface Outcome {
  readonly file: string
  readonly passed: number
  readonly failed: number
  readonly reasons: readonly string[]
  readonly seconds: number
}

const findTests = (name: string): readonly string[] => {
  const path = layers.includes(name) ? `test/${name}` : name.replace(/^\.\//, '').replace(/\/+$/, '')
  const found = path.endsWith('.ts')
    ? [path].filter((file) => existsSync(join(project, file)))
    : ignoreErrors(['ENOENT'], () => readdirSync(join(project, path), { recursive: true, encoding: 'utf8' }))
        ?.filter((file) => file.endsWith('.ts'))
        .map((file) => `${path}/${file}`)
  if (!found?.length || !layers.some((layer) => path.startsWith(`test/${layer}`)))
    throw new Error(`${name} is not a test: name files or folders below test/, or of ${layers.join(', ')}`)
  return found.sort()
}

/** What TAP says of tests that pass, and of its own form. */
const quiet =
  /^\s*(?:ok [0-9]+\b.*|[0-9]+\.\.[0-9]+\b.*|# Subtest: .*|# (?:time|file)[=:].*|# \{ total: .*\}|TAP version [0-9]+|\})?$/

/**
 * Says what became of a file: a line, and what it wrote if a test of it failed.
 *
 * @param lines TAP, and what the code under test says.
 * @param ending What is wrong with how its process ended.
 */
const report = (file: string, lines: readonly string[], seconds: number, ending?: string): Outcome => {
  const results = lines.filter((line) => /^\s*(?:not )?ok [0-9]+\b/.test(line) && !/ # TODO/.test(line))
  // The line of a subtest ends with its time: its assertions are counted, or itself, if it has none.
  const assertions = lines
    .filter((line) => line.trim() !== '')
    .filter(
      (line, i, all) =>
        results.includes(line) && (!/# time=[0-9.]+ms$/.test(line) || /^\s+1\.\.0$/.test(all[i - 1] ?? '')),
    )
  const reasons = lines.flatMap((line) => /(?:^1\.\.0 # |^\s*ok .* # SKIP ?)(.*)$/.exec(line)?.[1] ?? [])
  const failed = assertions.filter((line) => /^\s*not ok/.test(line)).length
  const isBad = ending !== undefined || results.some((line) => /^\s*not ok/.test(line))
  const wrong = Math.max(failed, isBad ? 1 : 0)
  const passed = assertions.filter((line) => /^\s*ok/.test(line) && !/ # SKIP/.test(line)).length
  const skipped = reasons.length
  const counts = [
    `${passed} passed`,
    ...(wrong > 0 ? [`${wrong} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ]
  console.log(`${wrong > 0 ? 'FAILED' : 'ok'} ${file}: ${counts.join(', ')} (${seconds.toFixed(1)} s)`)
  if (wrong > 0) for (const line of lines.filter((line) => !quiet.test(line))) console.log(`  ${line}`)
  if (ending !== undefined) console.log(`  ${ending}`)
  return { file, passed, failed: wrong, reasons, seconds }
}

/** Runs the tests of some files in one process; each begins with a line '# file: NAME'. */
const runJob = (files: readonly string[], program: string): Promise<readonly Outcome[]> =>
  new Promise((resolve, reject) => {
    // On Node.js 18 tap misses a global that later ones have.
    const old = Number.parseInt(process.versions.node, 10) < 20 ? ['--experimental-global-webcrypto'] : []
    const child = spawn(process.execPath, [...old, '--enable-source-maps', program], {
      cwd: project,
      env: { ...process.env, PATH, TAP_TIMEOUT: process.env['TAP_TIMEOUT'] ?? String(limit) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    // tap's library ends tests by itself at the limit, and says which one hangs; this is for what it cannot end.
    const timers = (['SIGTERM', 'SIGKILL'] as const).map((signal, i) =>
      setTimeout(() => child.kill(signal), (limit + 30 * (i + 1)) * 1000),
    )
    const outcomes: Outcome[] = []
    let file = files[0] ?? ''
    let lines: string[] = []
    let since = performance.now()
    const end = (next: string, ending?: string): void => {
      const now = performance.now()
      writeFileSync(join(results, `${file.replaceAll('/', '-')}.tap`), `${lines.join('\n')}\n`)
      outcomes.push(report(file, lines, (now - since) / 1000, ending))
      file = next
      lines = []
      since = now
    }
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, next] = /^# file: (.*)$/.exec(line) ?? []
      if (next === undefined) lines.push(line)
      else if (next !== file) end(next)
    })
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.startsWith('Making .cache/')) console.log(line)
      lines.push(line)
    })
    child.on('error', reject)
    child.on('close', (status, signal) => {
      for (const timer of timers) clearTimeout(timer)
      const seen = outcomes.length + 1
      // tap has the status 1 for each kind of failure, also where a file before this one has it.
      const isExplained = outcomes.some(({ failed }) => failed > 0) || lines.some((line) => /^\s*not ok/.test(line))
      const isWhole = lines.some((line) => /^1\.\.[0-9]+/.test(line)) && seen === files.length
      end('', isWhole && (status === 0 || isExplained) ? undefined : `it ended with ${signal ?? `status ${status}`}`)
      resolve(outcomes)
    })
  })

/** Deals files to so many processes, the longest first. */
const deal = (files: readonly string[], processes: number): readonly (readonly string[])[] => {
  const hands = Array.from({ length: processes }, () => ({ files: [] as string[], seconds: 0 }))
  for (const file of files) {
    const hand = hands.reduce((least, one) => (one.seconds < least.seconds ? one : least))
    hand.files.push(file)
    hand.seconds += times[file] ?? 1
  }
  return hands.map((hand) => hand.files).filter((ofJob) => ofJob.length > 0)
}

/** What each file wrote, whole, and how long each took when it last ran. */
const results = join(project, '.tap', 'results')
const timesFile = join(project, '.tap', 'seconds.json')
const times: Record<string, number> = existsSync(timesFile) ? JSON.parse(readFileSync(timesFile, 'utf8')) : {}
const folder = join(project, '.run', `tests-${process.pid}`)

try {
  const wanted = process.argv.slice(2)
  const found = [...new Set(wanted.flatMap(findTests))]
  // A file that has not run yet may be the longest.
  const files = found.sort((a, b) => (times[b] ?? limit) - (times[a] ?? limit))
  const isUnit = (file: string): boolean => file.startsWith('test/unit/')
  const builds = files.filter((file) => !isUnit(file)).map((file) => [file])
  // Most unit tests wait more than they work: beside builds, half of the jobs are enough for them.
  const waiting = [...deal(files.filter(isUnit), builds.length > 0 ? jobs / 2 : jobs), ...builds].map((ofJob, i) => ({
    files: ofJob,
    program: join(folder, `job-${i}`),
  }))
  mkdirSync(results, { recursive: true })
  mkdirSync(folder, { recursive: true })
  for (const { files, program } of waiting) {
    const run = (file: string) => `t.comment('file: ${file}')\nawait import(${JSON.stringify(join(project, file))})\n`
    writeFileSync(`${program}.ts`, `import t from 'tap'\n${files.map(run).join('')}`)
  }
  await build({
    absWorkingDir: project,
    entryPoints: waiting.map(({ program }) => `${program}.ts`),
    outdir: folder,
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node18',
    outExtension: { '.js': '.mjs' },
    sourcemap: true,
    logLevel: 'warning',
  })
  // Most tests of builds wait for one of these: they are made while unit tests run. Who needs one says if it cannot be.
  if (wanted.includes('hook') && process.getuid?.() === 0) void Promise.allSettled([smallRoot(), oldRoot()])
  const outcomes: Outcome[] = []
  const work = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift())
      outcomes.push(...(await runJob(job.files, `${job.program}.mjs`)))
  }
  await Promise.all(Array.from({ length: jobs }, work))

  for (const { file, seconds } of outcomes) times[file] = Math.round(seconds * 10) / 10
  writeFileSync(timesFile, JSON.stringify(times))
  const reasons = outcomes.flatMap((one) => one.reasons)
  const passed = outcomes.reduce((sum, one) => sum + one.passed, 0)
  const failed = outcomes.reduce((sum, one) => sum + one.failed, isCi ? reasons.length : 0)
  const slowest = [...outcomes].sort((a, b) => b.seconds - a.seconds).slice(0, 10)
  console.log(`\nIt took ${((performance.now() - began) / 1000).toFixed(0)} s. The slowest files, in seconds:`)
  for (const { file, seconds } of slowest) console.log(`${seconds.toFixed(1).padStart(7)} ${file}`)
  for (const reason of new Set(reasons)) console.log(`Skipped${isCi ? ', which is a failure in CI' : ''}: ${reason}`)
  for (const one of outcomes) if (one.failed > 0) console.log(`Failed: ${one.file}`)
  console.log(`${passed} passed, ${failed} failed${reasons.length > 0 && !isCi ? `, ${reasons.length} skipped` : ''}`)
  if (failed > 0 || passed === 0) process.exitCode = 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
