import type { IncomingHttpHeaders } from 'node:http'
import { readBody } from '../../http/body.js'
import type { Answered, Client } from '../../http/client.js'
import { faultOf, HttpError, statusFault } from '../../http/http-error.js'
import { newPatience, withRetries } from '../../http/retry.js'
import { projectsOf } from '../../index/distribution-file.js'
import { excludeNewer, type Page, type PageFile } from '../../index/page.js'
import { readPage } from '../../index/read-page.js'
import type { RelayConfig, RelayIndex } from '../config.js'
import type { RelayLog } from '../relay-log.js'
import type { Outages } from './outage.js'
import type { Found, Source } from './relay-index.js'

/** The most that a project's page may have: the official index's largest have a quarter of it. */
const largestPage = 64 * 1024 * 1024

/** pip's own (its index/collector.py). */
const accepted =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01, */*; q=0.001'

/** For how long a page is good, in milliseconds: as its server says, and no longer than the official index says. */
const lifetimeOf = (headers: IncomingHttpHeaders): number => {
  const control = headers['cache-control'] ?? ''
  const seconds = Number(/(?:^|[\s,])max-age=(\d+)/.exec(control)?.[1] ?? 0)
  return /no-(?:store|cache)/.test(control) ? 0 : Math.min(seconds, 600) * 1000
}

const parse = (bytes: Buffer, { headers, url }: Answered): Page => {
  try {
    return readPage(bytes, headers['content-type'], url)
  } catch {
    throw new HttpError('sends a page that is not what PEP 691 says', 'content', false)
  }
}

/** What an index on a server needs besides its configuration. */
export interface ServerIndexParts {
  readonly client: Client
  readonly outages: Outages
  readonly log: RelayLog
  /** Whether a file that a page links to may be fetched. */
  readonly mayFetch: (url: string) => boolean
  /** When the relay ends. */
  readonly signal: AbortSignal
}

/**
 * An index on a server.
 *
 * @param config The index.
 * @param relay How often it is asked again.
 * @param parts What it needs.
 */
export const serverIndex = (
  config: RelayIndex & { readonly url: string },
  { retries }: Pick<RelayConfig, 'retries'>,
  { client, outages, log, mayFetch, signal }: ServerIndexParts,
): Source => {
  const { label } = config
  const pages = new Map<string, { readonly found: Found; readonly until: number }>()
  const asked = new Map<string, Promise<Found>>()
  let hasFailed = false

  const isUsable = (file: PageFile, project: string): boolean =>
    mayFetch(file.url) && projectsOf(file.name).includes(project)

  const refuse = (cause: string): Found => {
    log.warn(`${label} ${cause}`)
    return { kind: 'refused', cause: `${label} ${cause}` }
  }

  const fetchPage = async (project: string): Promise<Found> => {
    const root = new URL(config.url)
    const url = new URL(`${root.pathname.replace(/\/+$/, '')}/${project}/${root.search}`, root)
    url.username = root.username
    url.password = root.password
    // An index that failed all retries is not retried as long for each further project.
    const patience = newPatience(hasFailed ? 0 : retries, signal)
    const { bytes, answered } = await withRetries(patience, async () => {
      const headers = { Accept: accepted, 'Accept-Encoding': 'gzip' }
      const answer = await client(url, { headers, signal })
      if (answer.status !== 200) {
        answer.body.destroy()
        if (answer.status === 404 || answer.status === 410) return { bytes: undefined, answered: answer }
        throw statusFault(answer.status)
      }
      return { bytes: await readBody(answer.body, largestPage), answered: answer }
    })
    hasFailed = false
    if (bytes === undefined) return { kind: 'none' }
    const page = parse(bytes, answered)
    const files = page.files.filter((file) => isUsable(file, project))
    const old = excludeNewer(files, config.excludeNewer)
    if (old === undefined)
      return refuse(
        `tells no upload times of ${project}, so that exclude-newer cannot be kept: use an index that does (PEP 700), or leave exclude-newer out for it`,
      )
    const found: Found = { kind: 'page', files: old, links: page.links }
    const lifetime = lifetimeOf(answered.headers)
    if (lifetime > 0) pages.set(project, { found, until: Date.now() + lifetime })
    return found
  }

  const find = async (project: string): Promise<Found> => {
    const kept = pages.get(project)
    if (kept !== undefined && kept.until > Date.now()) return kept.found
    if (outages.isDropped(label)) return { kind: 'none' }
    try {
      return await fetchPage(project)
    } catch (error) {
      const fault = faultOf(error)
      if (fault.kind === 'status' && fault.isTransient) hasFailed = true
      return outages.note(label, fault, project)
        ? { kind: 'refused', cause: `${label} ${fault.message}` }
        : { kind: 'none' }
    }
  }

  return {
    config,
    projects: () => [],
    find: (project) => {
      const known = asked.get(project)
      if (known !== undefined) return known
      const asking = find(project).finally(() => asked.delete(project))
      asked.set(project, asking)
      return asking
    },
  }
}
