import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { project } from '../../build/project.js'
import { mutants } from './list.js'
import { type Mutant, sabotaged, staleness } from './mutant.js'

/** One more than there are processors: some wait. */
const workers = cpus().length + 1

interface Outcome {
  readonly status: number | null
  readonly output: string
  /** Whether it was ended by its time. */
  readonly isLate: boolean
}

/** What each test takes. */
type Seconds = ReadonlyMap<string, number>

/** Copies the project, without what is made; what is installed and fetched is linked. */
const copyProject = (folder: string): string => {
  const apart = ['.cache', 'node_modules', 'test/bench/node_modules']
  const left = new Set([...apart, '.git', '.tap', '.run', 'dist'].map((name) => join(project, name)))
  cpSync(project, folder, { recursive: true, verbatimSymlinks: true, filter: (path) => !left.has(path) })
  for (const name of apart) symlinkSync(join(project, name), join(folder, name))
  return folder
}

/** Whether a test is skipped without root. */
const isForRoot = (test: string): boolean => !test.startsWith('test/unit/')

/** Runs a program of the project in a copy of it, for a time in seconds; what never lets go of its processor is ended later. */
const runIn = (folder: string, limit: number, ...args: readonly string[]): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    // With a relay whose sabotage keeps it from ending: all processes of a namespace end with its first, which no test takes for a build.
    const init = ['sh', '-c', '"$@"; exit', 'sh']
    const apart =
      process.getuid?.() === 0 ? ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', ...init] : []
    const child = spawn('nice', ['-n', '10', ...apart, process.execPath, 'build/run.mjs', ...args], {
      cwd: folder,
      env: { ...process.env, TAP_TIMEOUT: String(limit), TAP_BAIL: args.length === 2 ? '1' : '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), (limit + 30) * 1000)
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (more: string) => {
        output += more
      })
    child.on('error', reject)
    child.on('close', (status, signal) => {
      clearTimeout(timer)
      resolve({ status, output, isLate: signal === 'SIGKILL' || /not ok \d+ - timeout!/.test(output) })
    })
  })

/** Most unit tests import what they test; the others run what is made of it. */
const needsElements = (test: string): boolean =>
  isForRoot(test) || /elements\W+pypi/.test(readFileSync(join(project, test), 'utf8'))

/** The test and the assertion that failed first. */
const failureIn = (folder: string, test: string, output: string): string => {
  const tap = readFileSync(join(folder, '.tap/results', `${test.replaceAll('/', '-')}.tap`), 'utf8')
  const [failed = ''] = /^\s*not ok \d+ - .*$/m.exec(output) ?? []
  const before = tap.slice(0, tap.indexOf(failed))
  return [/.*# Subtest: (.*)/s.exec(before)?.[1]?.split('\n')[0], failed.trim()].join(': ')
}

/**
 * Runs a mutant's tests, one after the other, in a copy of the project that has the sabotage.
 *
 * @param seconds What each takes without a sabotage.
 * @returns What noticed it.
 * @throws If a test failed for another reason.
 */
const noticed = async (folder: string, { file, ...mutant }: Mutant, seconds: Seconds): Promise<string | undefined> => {
  // The copy's own, which stays as it was when the project goes on.
  const original = readFileSync(join(folder, file), 'utf8')
  const run = async (text: string, test: string): Promise<Outcome> => {
    writeFileSync(join(folder, file), text)
    const made = needsElements(test) ? await runIn(folder, 60, 'build/elements.ts') : undefined
    if (made !== undefined && made.status !== 0) throw new Error(`it cannot be compiled: ${made.output}`)
    return runIn(folder, Math.ceil(15 + 3 * (seconds.get(test) ?? 0)), 'test/run.ts', test)
  }
  try {
    for (const test of mutant.tests) {
      const { status, output, isLate } = await run(sabotaged(original, { file, ...mutant }), test)
      if (status === 0) continue
      if (!isLate && !/^\s*not ok /m.test(output)) throw new Error(`${test} did not run: ${output}`)
      if (/type: (?:Reference|Syntax)Error$/m.test(output)) throw new Error(`not a program any more: ${output}`)
      // On a busy machine: a test that waits in vain has noticed only if it comes to its end without the sabotage.
      if (isLate && (await run(original, test)).status !== 0) throw new Error(`${test} is late without it, too`)
      return isLate ? `${test} waits in vain` : failureIn(folder, test, output)
    }
    return undefined
  } finally {
    writeFileSync(join(folder, file), original)
  }
}

/** Runs tests without a sabotage: those that fail by themselves, or are skipped, notice nothing. */
const secondsOf = async (folder: string, tests: readonly string[]): Promise<Seconds> => {
  const seconds = new Map<string, number>()
  const run = async (...some: readonly string[]): Promise<string> => {
    const { output } = await runIn(folder, 600, 'test/run.ts', ...some)
    for (const [, test = '', taken] of output.matchAll(/^ok (\S+): [1-9]\d* passed \(([\d.]+) s\)$/gm))
      seconds.set(test, Number(taken))
    return output
  }
  await run(...tests)
  // Beside all the others one may have been late.
  for (const test of tests.filter((one) => !seconds.has(one))) {
    const output = await run(test)
    if (!seconds.has(test)) throw new Error(`${test} fails without a sabotage, fix it first:\n${output}`)
  }
  return seconds
}

// node build/run.mjs test/mutants/mutants.ts [WORD...]: what `make mutants` does; of those whose promise, file or tests have a word.
const scratch = mkdtempSync(join(tmpdir(), 'pypi-mutants-'))
try {
  const words = process.argv.slice(2)
  const isChosen = ({ promise, file, tests }: Mutant): boolean =>
    words.length === 0 || words.some((word) => [promise, file, ...tests].some((text) => text.includes(word)))
  const wanted = mutants.filter(isChosen)
  const chosen = wanted.filter(({ tests }) => process.getuid?.() === 0 || !tests.some(isForRoot))
  const stale = chosen.flatMap(staleness)
  if (stale.length > 0) throw new Error(stale.join('\n'))
  const copies = Array.from({ length: workers }, (_, i) => copyProject(join(scratch, `copy-${i}`)))
  const [first = ''] = copies
  await runIn(first, 60, 'build/elements.ts')
  const seconds = await secondsOf(first, [...new Set(chosen.flatMap(({ tests }) => tests))])
  const timeOf = ({ tests }: Mutant): number => Math.max(...tests.map((test) => seconds.get(test) ?? 0))
  // Those that take longest first.
  const waiting = [...chosen].sort((a, b) => timeOf(b) - timeOf(a))
  const survivors: string[] = []
  const broken: string[] = []
  const work = async (folder: string): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const name = `${mutant.file}: ${mutant.promise}`
      try {
        const by = await noticed(folder, mutant, seconds)
        if (by === undefined) survivors.push(name)
        console.log(by === undefined ? `SURVIVED ${name}` : `noticed ${name} | ${by}`)
      } catch (error) {
        broken.push(name)
        console.log(`BROKEN ${name} | ${error instanceof Error ? error.message : error}`)
      }
    }
  }
  await Promise.all(copies.map(work))
  for (const name of survivors) console.log(`Survived: ${name}`)
  for (const name of broken) console.log(`Broken: ${name}`)
  const unrun = wanted.length - chosen.length
  console.log(
    [
      `${chosen.length} mutants, ${survivors.length} survived`,
      ...(broken.length > 0 ? [`${broken.length} broken: no test could tell`] : []),
      ...(unrun > 0 ? [`${unrun} not run: their tests need root`] : []),
    ].join(', '),
  )
  if (survivors.length + broken.length > 0) process.exitCode = 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
