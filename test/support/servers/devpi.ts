import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Ending } from '../builds/build-image.js'
import { cleanEnvironment } from '../builds/clean-environment.js'
import { devpiPrograms } from '../setup/fixtures.js'
import { recipe } from './recipes.js'
import { type StartedServer, startServer } from './start-server.js'

/**
 * Options of devpi-server's own tests: the key that it derives from its secret at each start, by Argon2, otherwise takes 512 MB
 * and 4 to 13 s here. A primary and its replicas must agree on them.
 */
const quickKeys = '--argon2-time-cost 1 --argon2-memory-cost 8 --argon2-parallelism 1'

/** A devpi-server that was started as docs/mirrors.md has it. */
export interface DevpiServer extends StartedServer {
  readonly port: number
}

/**
 * Starts a devpi-server by the commands of a recipe: those before the last prepare it, the last one starts it.
 *
 * @param folder Where the commands run, and where the servers' folders are.
 * @param changes What else is different in a test from what the recipe says.
 * @param options Further options; by default those for a quick start.
 */
export const startDevpi = async (
  t: Ending,
  folder: string,
  heading: string,
  port: number,
  changes: Readonly<Record<string, string>> = {},
  options: string = quickKeys,
): Promise<DevpiServer> => {
  const commands = recipe(heading, changes)
    .replaceAll(' --host 0.0.0.0', '')
    .replace(/(?<=--port )\d+/, String(port))
    .replace(/^python3 -m venv devpi\ndevpi\/bin\/pip install .*\n/, '')
    .replace(/^devpi\/bin/gm, await devpiPrograms())
    .trim()
    .split('\n')
  const [last = ''] = commands.splice(-1)
  const [, server] = /^(.*) &$/.exec(last) ?? []
  if (server === undefined) throw new Error(`the recipe '${heading}' ends with no server in the background`)
  // Without a socket as its input, by which bash takes itself for started over a network, and reads bashrc.
  execFileSync('bash', ['-euc', commands.join('\n')], {
    cwd: folder,
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const started = await startServer(t, port, join(folder, `devpi-${port}.log`), 'bash', [
    '-c',
    `cd "$0" && exec ${server} ${options}`,
    folder,
  ])
  return { ...started, port }
}

/**
 * Has the index root/pypi of a devpi-server mirror an index of the test's instead of the official one.
 *
 * @throws Where it refuses.
 */
export const pointDevpiAt = async (port: number, password: string, upstream: string): Promise<void> => {
  const base = `http://127.0.0.1:${port}`
  const json = { 'Content-Type': 'application/json', Accept: 'application/json' }
  const login = await fetch(`${base}/+login`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ user: 'root', password }),
  })
  const { result } = (await login.json()) as { result: { password: string } }
  const changed = await fetch(`${base}/root/pypi`, {
    method: 'PATCH',
    headers: { ...json, 'X-Devpi-Auth': Buffer.from(`root:${result.password}`).toString('base64') },
    body: JSON.stringify([`mirror_url=${upstream}`]),
  })
  if (!changed.ok) throw new Error(`devpi-server does not take ${upstream} as a mirror: ${await changed.text()}`)
}

/**
 * Waits until a replica has its own copy of files that the primary has.
 *
 * @param folder The folder with its folder, `replica`.
 * @throws Where one is not there within five minutes.
 */
export const untilReplicated = async (folder: string, names: readonly string[]): Promise<void> => {
  for (let tries = 0; tries < 3000; tries += 1) {
    const files = readdirSync(join(folder, 'replica'), { recursive: true, encoding: 'utf8' }).map((path) =>
      basename(path),
    )
    if (names.every((name) => files.some((file) => file.startsWith(`${name}-`)))) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`the replica has not fetched each of ${names.join(', ')} within five minutes`)
}
