import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { project } from '../../../build/project.js'
import { findBuild } from '../../../element-src/lib/base/build.js'
import { askRelay, environmentForRelay, spawnRelay } from '../../../element-src/lib/relay/control.js'
import { indexAt } from '../../../element-src/lib/settings/index-list.js'
import type { Ending } from '../../support/builds/build-image.js'
import { pointDevpiAt, startDevpi } from '../../support/servers/devpi.js'
import { startNginx } from '../../support/servers/nginx.js'
import { recipe } from '../../support/servers/recipes.js'
import { freePort, startServer } from '../../support/servers/start-server.js'
import { proxpiPrograms } from '../../support/setup/fixtures.js'
import { processOf } from './processes.js'

/** What stands between an installer and the index, beside the relay. */
export type Between = 'the relay' | 'devpi-server' | 'proxpi' | 'nginx'

/** An engine that runs. */
export interface Engine {
  readonly pid: number
  /** The URL of its index, for pip. */
  readonly index: string
  /** The folder that it fills with wheels side by side; undefined where its cache is its own. */
  readonly filled?: string
}

/**
 * Starts an engine with nothing in its cache.
 *
 * @param t What it ends with.
 * @param folder An empty folder for it.
 * @param upstream The URL of the index behind it, with a slash at its end.
 */
export type Start = (t: Ending, folder: string, upstream: string) => Promise<Engine>

/** The relay as a program, where extra-data.d has it: outside of the project, whose package.json would make it a module. */
export const copyRelay = (folder: string): string => {
  mkdirSync(folder, { recursive: true })
  const program = join(folder, 'pypi-relay')
  copyFileSync(join(project, 'elements', 'pypi', 'pypi-relay', 'pypi-relay'), program)
  return program
}

const relay: Start = async (t, folder, upstream) => {
  const program = copyRelay(join(folder, 'program'))
  const filled = join(folder, 'mirror')
  mkdirSync(filled)
  const logFile = join(folder, 'log')
  writeFileSync(logFile, '')
  const build = findBuild(folder, process.pid)
  if (build === undefined) throw new Error('this process is not in /proc')
  const { control, indexes } = await spawnRelay(
    program,
    {
      indexes: [{ ...indexAt(upstream.replace(/\/$/, '')), isOfficial: true }],
      environment: environmentForRelay(process.env),
      unreachable: 'drop',
      trustedHosts: [],
      fill: filled,
      build,
      imageRoot: folder,
      logFile,
    },
    { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
  )
  t.teardown(() => askRelay(control, 'POST').catch(() => undefined))
  return { pid: processOf(program), index: `${indexes[0]?.url}/`, filled }
}

// With its own options, not those that make tests quick: what its keys cost counts.
const devpi: Start = async (t, folder, upstream) => {
  const port = await freePort()
  const { pid } = await startDevpi(t, folder, 'devpi-server with a replica', port, {}, '')
  await pointDevpiAt(port, 'choose-one', upstream)
  return { pid, index: `http://127.0.0.1:${port}/root/pypi/+simple/` }
}

// By the commands of its documentation.
const proxpi: Start = async (t, folder, upstream) => {
  const port = await freePort()
  const { pid } = await startServer(t, port, join(folder, 'log'), 'env', [
    'FLASK_APP=proxpi.server',
    `PROXPI_INDEX_URL=${upstream}`,
    `PROXPI_CACHE_DIR=${join(folder, 'cache')}`,
    join(await proxpiPrograms(), 'flask'),
    'run',
    `--port=${port}`,
  ])
  return { pid, index: `http://127.0.0.1:${port}/index/` }
}

const nginx: Start = async (t, folder, upstream) => {
  const port = await freePort()
  const { origin } = new URL(upstream)
  const blocks = recipe('nginx as a cache', {
    '/var/cache/nginx/pypi': 'cache',
    'listen 3144': `listen 127.0.0.1:${port}`,
    'https://INDEX': origin,
    'https://FILES': origin,
  })
  const { pid } = await startNginx(t, join(folder, 'nginx'), port, `access_log off;\n${blocks}`)
  return { pid, index: `http://127.0.0.1:${port}/simple/` }
}

/** How each engine is started. */
export const starts: Readonly<Record<Between, Start>> = {
  'the relay': relay,
  'devpi-server': devpi,
  proxpi,
  nginx,
}
