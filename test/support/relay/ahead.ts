import { readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import { makeWheels } from '../servers/mirror.js'
import { ask, type TestRelay } from './test-relay.js'
import { type Instead, likeWheel, type Upstream, type UpstreamFile } from './upstream.js'

/** As pip 23.3 says it. */
export const agent = `pip/23.3 ${JSON.stringify({
  cpu: 'x86_64',
  distro: { libc: { lib: 'glibc', version: '2.36' } },
  implementation: { name: 'CPython', version: '3.11.2' },
  python: '3.11.2',
  system: { name: 'Linux', release: '6.1' },
})}`

export const wheelOf = (project: string, version = '1.0'): string => `${project}-${version}-py3-none-any.whl`

/** A project of one or more wheels, with metadata beside them. */
export const project = (
  name: string,
  versions = ['1.0'],
  more: Readonly<Record<string, unknown>> = { 'core-metadata': true },
): Record<string, UpstreamFile[]> => ({
  [name]: versions.map((version) => ({ name: wheelOf(name, version), content: likeWheel(1000), more })),
})

/** Sends metadata: what each wheel requires, by its project. */
export const requiring =
  (requires: Readonly<Record<string, readonly string[]>>, first: Instead = () => undefined): Instead =>
  (request, response) => {
    if (first(request, response)) return true
    const [, name = ''] = /^\/f\/([^-]+)-.*\.metadata$/.exec(request.url ?? '') ?? []
    if (name === '') return undefined
    const lines = (requires[name] ?? []).map((line) => `Requires-Dist: ${line}\n`)
    response.end(`Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n${lines.join('')}\n`)
    return true
  }

/** Wheels, each of which requires the next, in a folder and as an index has them. */
export const chainOf = (
  folder: string,
  ...names: readonly string[]
): Readonly<Record<string, readonly UpstreamFile[]>> => {
  const describe = (name: string, i: number) => ({
    name,
    version: '1.0',
    text: '',
    requirements: names.slice(i + 1, i + 2),
  })
  makeWheels(folder, names.map(describe))
  for (const name of readdirSync(folder)) renameSync(join(folder, name), join(folder, name.replace('py2.', '')))
  return Object.fromEntries(
    names.map((name) => [name, [{ name: wheelOf(name), content: readFileSync(join(folder, wheelOf(name))) }]]),
  )
}

/** Waits for what a server or a file shows. */
export const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await pause(5)
}

/** Stops the clock of this process so many seconds from now, until the test ends; timers do not see it. */
export const clockOf = (t: Test): ((seconds: number) => void) => {
  const { now } = Date
  const start = now()
  t.teardown(() => {
    Date.now = now
  })
  return (seconds) => {
    Date.now = () => start + seconds * 1000
  }
}

/** How many requests had this in their line. */
export const countOf = ({ asked }: Upstream, text: string): number => asked.filter((path) => path.includes(text)).length

/** Asks for the metadata of a wheel, as pip. */
export const askMetadata = async (relay: TestRelay, name: string, i = 0, version = '1.0') =>
  ask(`${await relay.link(name, wheelOf(name, version), i)}.metadata`, { 'User-Agent': agent })

/** Asks for a wheel, as pip. */
export const askWheel = async (relay: TestRelay, name: string, headers = {}) =>
  ask(await relay.link(name, wheelOf(name)), { 'User-Agent': agent, ...headers })
