import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { transformSync } from 'esbuild'
import { project } from '../../build/project.js'
import { mutants } from './list.js'
import { type Mutant, sabotaged, staleness } from './mutant.js'

/** As many at a time as need not wait for each other. */
const workers = 2
/** A test that waits in vain has noticed; in seconds. What never lets go of its processor is ended after five times that. */
const patience = 120

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

/** Runs a program of the project in a copy of it. */
const runIn = (folder: string, ...args: readonly string[]): Promise<{ status: number | null; output: string }> =>
  new Promise((resolve, reject) => {
    // With a relay whose sabotage keeps it from ending: all processes of a namespace end with its first.
    const apart = process.getuid?.() === 0 ? ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'] : []
    const child = spawn('nice', ['-n', '10', ...apart, process.execPath, 'build/run.mjs', ...args], {
      cwd: folder,
      env: { ...process.env, TAP_TIMEOUT: String(patience) },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), patience * 5000)
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (more: string) => {
        output += more
      })
    child.on('error', reject)
    child.on('close', (status) => {
      clearTimeout(timer)
      resolve({ status, output })
    })
  })

/** A file that nothing can start would be noticed by any test. */
const check = (mutant: Mutant): void => {
  const text = sabotaged(readFileSync(join(project, mutant.file), 'utf8'), mutant)
  if (mutant.file.endsWith('.ts')) transformSync(text, { loader: 'ts' })
  else if (spawnSync('bash', ['-n'], { input: text }).status !== 0) throw new Error(`not a shell script: ${text}`)
}

/** Most unit tests import what they test; the others run what is made of it. */
const needsElements = (test: string): boolean =>
  isForRoot(test) || readFileSync(join(project, test), 'utf8').includes('elements/pypi')

/** Runs a mutant's tests, one after the other, in a copy of the project that has the sabotage; returns what noticed it. */
const noticed = async (folder: string, mutant: Mutant): Promise<string | undefined> => {
  const { file, tests } = mutant
  // The copy's own, which stays as it was when the project goes on.
  const original = readFileSync(join(folder, file), 'utf8')
  writeFileSync(join(folder, file), sabotaged(original, mutant))
  try {
    const made = tests.some(needsElements) ? await runIn(folder, 'build/elements.ts') : undefined
    if (made !== undefined && made.status !== 0) throw new Error(`${file} cannot be compiled: ${made.output}`)
    for (const test of tests) {
      const { status, output } = await runIn(folder, 'test/run.ts', test)
      if (status === 0) continue
      if (!/^FAILED /m.test(output)) throw new Error(`${test} did not run with a sabotage of ${file}:\n${output}`)
      return /^\s*not ok \d+ - (.*)$/m.exec(output)?.[1] ?? 'it did not come to its end'
    }
    return undefined
  } finally {
    writeFileSync(join(folder, file), original)
  }
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
  chosen.forEach(check)
  const copies = Array.from({ length: workers }, (_, i) => copyProject(join(scratch, `copy-${i}`)))
  // Tests that fail by themselves notice nothing.
  const control = await runIn(copies[0] ?? '', 'test/run.ts', ...new Set(chosen.flatMap(({ tests }) => tests)))
  if (control.status !== 0) throw new Error(`tests fail without a sabotage, fix them first:\n${control.output}`)
  // Those that take longest first.
  const waiting = [...chosen].sort((a, b) => Number(b.tests.some(isForRoot)) - Number(a.tests.some(isForRoot)))
  const survivors: string[] = []
  const work = async (folder: string): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const { file, promise } = mutant
      const by = await noticed(folder, mutant)
      if (by === undefined) survivors.push(`${file}: ${promise}`)
      console.log(by === undefined ? `SURVIVED ${file}: ${promise}` : `noticed ${file}: ${promise} | ${by}`)
    }
  }
  await Promise.all(copies.map(work))
  for (const survivor of survivors) console.log(`Survived: ${survivor}`)
  const unrun = wanted.length - chosen.length
  console.log(
    `${chosen.length} mutants, ${survivors.length} survived${unrun > 0 ? `, ${unrun} not run: their tests need root` : ''}`,
  )
  if (survivors.length > 0) process.exitCode = 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
