import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { type Ending, scratchFolder } from '../support/builds/build-image.js'
import { cleanEnvironment } from '../support/builds/clean-environment.js'
import { runProgram } from '../support/builds/run.js'
import { median } from '../support/observation/median.js'
import { pointDevpiAt, startDevpi } from '../support/servers/devpi.js'
import { sortIntoMirror, wheelsOf } from '../support/servers/mirror.js'
import { startNginx } from '../support/servers/nginx.js'
import { recipe } from '../support/servers/recipes.js'
import { serveMirror } from '../support/servers/server.js'
import { freePort } from '../support/servers/start-server.js'
import { benchTools } from '../support/setup/cache.js'

/** What is downloaded: 69 files, 42 MB in autumn 2026. */
const packages =
  'flask requests sqlalchemy celery boto3 httpx pydantic rich jinja2 cryptography oslo.config keystoneauth1 python-novaclient paramiko netaddr'.split(
    ' ',
  )

/** An engine that runs. */
interface Engine {
  readonly pid: number
  readonly index: string
}

/** Starts an engine with nothing in its cache before an upstream's port on 127.0.0.1. */
type Start = (t: Ending, folder: string, upstream: number) => Promise<Engine>

const devpi: Start = async (t, folder, upstream) => {
  const port = await freePort()
  const { pid } = await startDevpi(t, folder, 'devpi-server with a replica', port, {}, '')
  await pointDevpiAt(port, 'choose-one', `http://127.0.0.1:${upstream}/simple/`)
  return { pid, index: `http://127.0.0.1:${port}/root/pypi/+simple/` }
}

const nginx: Start = async (t, folder, upstream) => {
  const port = await freePort()
  const blocks = recipe('nginx as a cache', {
    '/var/cache/nginx/pypi': 'cache',
    'listen 3144': `listen 127.0.0.1:${port}`,
    'https://INDEX': `http://127.0.0.1:${upstream}`,
    'https://FILES': `http://127.0.0.1:${upstream}`,
  })
  const { pid } = await startNginx(t, join(folder, 'nginx'), port, `access_log off;\n${blocks}`)
  return { pid, index: `http://127.0.0.1:${port}/simple/` }
}

/** The most memory that a process and its children have had, in MB. */
const peakMemory = (pid: number): number => {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  return children.reduce((all, child) => all + peakMemory(Number(child)), Number(kilobytes) / 1024)
}

const pip = async (scratch: string, args: readonly string[]): Promise<number> => {
  const begin = performance.now()
  const folder = mkdtempSync(join(scratch, 'got-'))
  const all = [benchTools.oldPip, 'download', '--quiet', '--no-cache-dir', '--only-binary', ':all:', '--dest', folder]
  const { status, log } = await runProgram('/usr/bin/python3', [...all, ...args, ...packages], {
    env: cleanEnvironment({ PIP_CONFIG_FILE: '/dev/null' }),
  })
  if (status !== 0) throw new Error(`pip download failed:\n${log}`)
  return (performance.now() - begin) / 1000
}

const undo: (() => unknown)[] = []
const ending: Ending = { teardown: (action) => undo.push(action) }

// node build/run.mjs test/bench/engines.ts [FOLDER]: what `make bench-engines` does. FOLDER has the files already.
try {
  const scratch = scratchFolder(ending)
  const files = process.argv[2] ?? join(scratch, 'files')
  if (process.argv[2] === undefined) {
    console.log('Downloading the packages by the settings of pip here')
    const args = ['-m', 'pip', 'download', '--quiet', '--only-binary', ':all:', '--dest', files, ...packages]
    const { status, log } = await runProgram('/usr/bin/python3', args, { env: process.env })
    if (status !== 0) throw new Error(`pip download failed:\n${log}`)
  }
  const mirror = join(scratch, 'mirror')
  await runProgram('cp', ['-r', files, mirror])
  console.log(`${wheelsOf(mirror).length} files; seconds and MB are medians of 3 runs`)
  const isFlat = async (): Promise<number> => pip(scratch, ['--no-index', '--find-links', files])
  console.log(`a flat folder: ${median([await isFlat(), await isFlat(), await isFlat()]).toFixed(1)} s`)
  sortIntoMirror(mirror)
  const { port } = await serveMirror(ending, mirror)
  for (const [name, start] of [
    ['devpi-server', devpi],
    ['nginx as a cache', nginx],
  ] as const) {
    const runs: (readonly [number, number, number, number])[] = []
    for (let round = 0; round < 3; round += 1) {
      const stops: (() => unknown)[] = []
      const folder = join(scratch, `${name.slice(0, 5)}-${round}`)
      mkdirSync(folder)
      const begin = performance.now()
      const { pid, index } = await start({ teardown: (action) => stops.push(action) }, folder, port)
      const started = (performance.now() - begin) / 1000
      const cold = await pip(scratch, ['--index-url', index])
      const warm = await pip(scratch, ['--index-url', index])
      runs.push([started, cold, warm, peakMemory(pid)])
      for (const stop of stops) await stop()
    }
    const [started = 0, cold = 0, warm = 0, memory = 0] = [0, 1, 2, 3].map((at) =>
      median(runs.map((run) => run[at] ?? 0)),
    )
    const seconds = [started, cold, warm].map((value) => value.toFixed(1))
    console.log(`${name}: start ${seconds[0]} s, cold ${seconds[1]} s, warm ${seconds[2]} s, ${memory.toFixed(0)} MB`)
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  for (const action of undo.reverse()) await action()
}
