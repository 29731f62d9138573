import { readdirSync } from 'node:fs'
import { join, posix } from 'node:path'
import { type Launcher, launchers } from './phases.js'

/** A hook to bundle. */
export interface HookSource {
  /** The TypeScript file, relative to element-src. */
  readonly source: string
  /** The hook, relative to elements. */
  readonly output: string
  readonly launcher: Launcher
}

/** What element-src holds. */
export interface Sources {
  /** The names of the elements. */
  readonly elements: readonly string[]
  readonly hooks: readonly HookSource[]
  /** The files that are copied as they are, relative to element-src and to elements. */
  readonly statics: readonly string[]
}

/** What is in element-src beside the elements. */
const shared = ['launcher', 'lib']

const filesBelow = (folder: string, prefix = ''): readonly string[] =>
  readdirSync(join(folder, prefix), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = posix.join(prefix, entry.name)
      return entry.isDirectory() ? filesBelow(folder, path) : [path]
    })

/**
 * Finds every hook, `<element>/<phase>.d/<name>.ts`, every program that hooks start, and every static file of the elements.
 *
 * @throws Error where a hook's phase is none that a hook can be started in.
 */
export const findSources = (folder: string): Sources => {
  const elements = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !shared.includes(entry.name))
    .map(({ name }) => name)
    .sort()
  const hooks: HookSource[] = []
  const statics: string[] = []
  for (const source of elements.flatMap((element) => filesBelow(folder, element))) {
    const phase = source.split('/')[1] ?? ''
    if (!(phase.endsWith('.d') || phase in launchers) || !source.endsWith('.ts')) {
      statics.push(source)
      continue
    }
    const launcher = launchers[phase]
    if (launcher === undefined) throw new Error(`${source}: build/phases.ts has no launcher for ${phase}`)
    hooks.push({ source, output: source.replace(/\.ts$/, ''), launcher })
  }
  return { elements, hooks, statics }
}
