import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import type { Test } from 'tap'
import { sha256 } from '../relay/upstream.js'
import { listen } from './listen.js'
import { normaliseName } from './mirror.js'

/** A file of a project, as the official index's JSON API describes it. */
interface ReleaseFile {
  readonly filename: string
  readonly url: string
  readonly digests: { readonly sha256: string }
  readonly size: number
  readonly upload_time_iso_8601: string
  readonly requires_python: null
  readonly yanked: false
}

const serial = 7

/**
 * Serves a folder of wheels until the test ends, with as much of the official index's JSON as bandersnatch asks of its
 * master: `/simple/` (PEP 691, with serial numbers) and `/pypi/<name>/json`. Nothing that is tested here asks it itself.
 *
 * @returns Its address, without a slash at the end.
 */
export const serveLikeOfficialIndex = async (t: Test, folder: string): Promise<string> => {
  const wheels = readdirSync(folder).filter((name) => name.endsWith('.whl'))
  const projectOf = (wheel: string): string => normaliseName(wheel.split('-')[0] ?? '')
  const projects = [...new Set(wheels.map(projectOf))]
  const describe = (base: string, wheel: string): ReleaseFile => {
    const content = readFileSync(join(folder, wheel))
    const digest = sha256(content)
    return {
      filename: wheel,
      url: `${base}/packages/${digest.slice(0, 2)}/${digest.slice(2, 4)}/${digest.slice(4)}/${wheel}`,
      digests: { sha256: digest },
      size: content.length,
      upload_time_iso_8601: '2024-01-02T03:04:05.000000Z',
      requires_python: null,
      yanked: false,
    }
  }
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const base = `http://${request.headers.host}`
    const sendJson = (type: string, value: unknown): void => {
      response.writeHead(200, { 'Content-Type': type, 'X-PyPI-Last-Serial': String(serial) }).end(JSON.stringify(value))
    }
    const [, project] = /^\/pypi\/([^/]+)\/json$/.exec(path) ?? []
    const file = wheels.find((wheel) => path.startsWith('/packages/') && path.endsWith(`/${wheel}`))
    if (/^\/simple\/?$/.test(path)) {
      sendJson('application/vnd.pypi.simple.v1+json', {
        meta: { 'api-version': '1.0', '_last-serial': serial },
        projects: projects.map((name) => ({ name, '_last-serial': serial })),
      })
    } else if (project !== undefined && projects.includes(project)) {
      const files = wheels.filter((wheel) => projectOf(wheel) === project)
      sendJson('application/json', {
        info: { name: project },
        last_serial: serial,
        releases: Object.fromEntries(files.map((wheel) => [wheel.split('-')[1], [describe(base, wheel)]])),
      })
    } else if (file !== undefined) {
      response.writeHead(200).end(readFileSync(join(folder, file)))
    } else {
      response.writeHead(404).end()
    }
  })
  return `http://127.0.0.1:${(await listen(t, server)).port}`
}
