import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { normaliseName } from '../servers/mirror.js'
import { serveIndex, sha256, type Upstream } from './upstream.js'

const metadataOf = (wheel: string): string =>
  execFileSync('unzip', ['-p', wheel, '*.dist-info/METADATA'], { encoding: 'utf8' })

/** Serves a folder of wheels and sdists as an index that has the wheels' metadata beside them (PEP 658). */
export const serveFolder = async (t: Test, folder: string): Promise<Upstream> => {
  const names = readdirSync(folder)
  const metadata = new Map(
    names.filter((name) => name.endsWith('.whl')).map((name) => [name, metadataOf(join(folder, name))]),
  )
  const projects: Record<string, { name: string; content: Buffer; more: Record<string, unknown> }[]> = {}
  for (const name of names) {
    const project = normaliseName(name.endsWith('.whl') ? (name.split('-')[0] ?? '') : name.replace(/-[^-]*$/, ''))
    const text = metadata.get(name)
    const more = text === undefined ? {} : { 'core-metadata': { sha256: sha256(text) } }
    projects[project] = [...(projects[project] ?? []), { name, content: readFileSync(join(folder, name)), more }]
  }
  return serveIndex(t, projects, ({ url = '' }, response) => {
    const text = url.endsWith('.metadata') ? metadata.get(url.slice('/f/'.length, -'.metadata'.length)) : undefined
    if (text === undefined) return undefined
    response.end(text)
    return true
  })
}
