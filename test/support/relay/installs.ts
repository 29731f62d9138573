import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { project } from '../../../build/project.js'
import { cleanEnvironment } from '../builds/clean-environment.js'
import { runProgram } from '../builds/run.js'
import type { Ending } from '../builds/scratch.js'
import { hostInstallers, oldRoot, pips } from '../setup/fixtures.js'
import type { TestRelay } from './test-relay.js'

/** What an installer did. */
export interface Installed {
  /** The modules that are there then, with their beginnings; undefined if it failed. */
  readonly files: string | undefined
  readonly log: string
}

/** Has an installer install demo-app, or what is named, with what that requires, from indexes. */
export type Install = (urls: readonly string[], packages?: readonly string[]) => Promise<Installed>

/** Installers that start quickly: the newest pip and uv, and old pips of Python 2.7. */
export interface Installers {
  readonly pip: Install
  readonly uv: Install
  /** By the beginning of its release: 9 or 20. */
  readonly oldPip: (release: string) => Promise<Install>
}

/**
 * Has an installer install through a relay, and from indexes directly: what works directly has to work there. If all of a
 * sample came through the relay, nothing else could come directly, and that is not tried.
 *
 * @param serve Starts the indexes once more, since they know what they were asked.
 * @param sample What there is to install, if that is all that the indexes have.
 * @returns Whether it works directly.
 */
export const compare = async (
  t: Test,
  what: string,
  install: Install,
  relay: TestRelay,
  serve: () => Promise<readonly string[]>,
  sample?: string,
): Promise<boolean> => {
  const through = await install(relay.indexes)
  const direct = sample !== undefined && through.files === sample ? through : await install(await serve())
  const how =
    direct.files !== undefined
      ? 'works'
      : through.files === undefined
        ? 'fails in both'
        : 'fails directly, works through the relay'
  t.ok(direct.files === undefined || through.files === direct.files, `${what} ${how}`, {
    relay: relay.log(),
    direct: direct.log.slice(-2000),
    log: through.log.slice(-2000),
  })
  return direct.files !== undefined
}

type RunPip = (args: readonly string[], log: string) => Promise<boolean>

/** Starts fork_pip.py, which ends with the test. */
const startPip = (t: Ending, env: NodeJS.ProcessEnv, program: string, args: readonly string[]): RunPip => {
  const child = spawn(program, args, { env: cleanEnvironment(), stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.on('close', resolve))
  t.teardown(() => {
    child.stdin.end()
    return ended
  })
  const waiting: ((status: number) => void)[] = []
  createInterface(child.stdout).on('line', (line) => {
    const [id, status] = JSON.parse(line) as [number, number]
    waiting[id]?.(status)
  })
  ended.then(() => {
    for (const resolve of waiting) resolve(-1)
  })
  return (args, log) =>
    new Promise((resolve) => {
      const id = waiting.push((status) => resolve(status === 0)) - 1
      child.stdin.write(`${JSON.stringify([id, args, env, log])}\n`)
    })
}

/** The modules in a folder. */
const modulesIn = (folder: string): string =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.py'))
    .sort()
    .map((name) => `${name} ${readFileSync(join(folder, name), 'utf8').slice(0, 20)}`)
    .join('\n')

/**
 * Starts them; they end with the test.
 *
 * @param scratch A folder for what is installed.
 * @param retries How often pip and uv ask again.
 */
export const openInstallers = async (t: Ending, scratch: string, retries = 2): Promise<Installers> => {
  const { newPip, uv } = await hostInstallers()
  const program = join(project, 'test', 'support', 'relay', 'fork_pip.py')
  const pipEnvironment = {
    PATH: process.env['PATH'],
    HOME: '/nowhere',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PIP_CONFIG_FILE: '/dev/null',
  }
  let count = 0
  const newTarget = (): string => {
    count += 1
    const target = join(scratch, `target-${count}`)
    mkdirSync(target)
    return target
  }

  /** @param seen Where the pip sees the folder of a path. */
  const byPip =
    (run: RunPip, options: readonly string[], seen = (path: string) => path): Install =>
    async ([first, ...others], packages = ['demo-app']) => {
      const target = newTarget()
      const log = `${target}.log`
      const indexes = ['--index-url', `${first}/`, ...others.flatMap((url) => ['--extra-index-url', `${url}/`])]
      const args = ['install', '--no-cache-dir', `--retries=${retries}`, '--no-compile', ...options, ...indexes]
      const isDone = await run([...args, '--target', seen(target), ...packages], seen(log))
      return { files: isDone ? modulesIn(target) : undefined, log: readFileSync(log, 'utf8') }
    }

  const uvEnvironment = cleanEnvironment({
    HOME: scratch,
    UV_HTTP_RETRIES: String(retries),
    UV_INDEX_STRATEGY: 'unsafe-best-match',
    UV_NO_CONFIG: '1',
    UV_PYTHON: '/usr/bin/python3',
    UV_PYTHON_DOWNLOADS: 'never',
  })
  // What it finds out of Python is what a cache holds then.
  const warm = join(scratch, 'uv-cache')
  const warmed = await runProgram(uv, ['pip', 'freeze', '--cache-dir', warm], { env: uvEnvironment })
  if (warmed.status !== 0) throw new Error(`uv does not run: ${warmed.log}`)
  const byUv: Install = async ([first, ...others], packages = ['demo-app']) => {
    const target = newTarget()
    const cache = `${target}-cache`
    cpSync(warm, cache, { recursive: true })
    const indexes = ['--index-url', `${first}/`, ...others.flatMap((url) => ['--extra-index-url', `${url}/`])]
    const args = ['pip', 'install', '--cache-dir', cache, '--target', target, ...indexes, ...packages]
    const { status, log } = await runProgram(uv, args, { env: uvEnvironment })
    return { files: status === 0 ? modulesIn(target) : undefined, log }
  }

  // No certificates are read, and of what is installed here nothing is said.
  const quick = [
    '--use-deprecated=legacy-certs',
    '--no-warn-conflicts',
    '--root-user-action=ignore',
    '--progress-bar=off',
  ]
  return {
    pip: byPip(startPip(t, pipEnvironment, '/usr/bin/python3', [program, join(newPip, '..')]), quick),
    uv: byUv,
    oldPip: async (release) => {
      const wheels = await pips()
      const wheel = readdirSync(wheels).find((name) => name.startsWith(`pip-${release}.`))
      const root = await oldRoot()
      // The root stays as it is.
      const script = `cd "$0"; mount --bind "$1" mnt; mount --bind "$2" srv; mount --bind "$3" opt
PYTHONDONTWRITEBYTECODE=1 exec chroot . python2.7 /opt/fork_pip.py "/srv/$4"`
      const args = ['-m', '--propagation', 'private', 'bash', '-euc', script]
      const folders = [root, scratch, wheels, join(program, '..')]
      const run = startPip(t, pipEnvironment, 'unshare', [...args, ...folders, wheel ?? ''])
      return byPip(run, [], (path) => path.replace(scratch, '/mnt'))
    },
  }
}
