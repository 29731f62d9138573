import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { readBody } from '../../http/body.js'
import { faultOf, HttpError } from '../../http/http-error.js'
import { excludeNewer, PageError } from '../../index/page.js'
import { readPage } from '../../index/read-page.js'
import type { Index } from '../../settings/index-list.js'
import { type RememberedPage, rememberPages } from '../remembered.js'
import { type Outage, pauses } from './outage.js'
import { type Asker, type Found, isWhole, newShare, passedOn, type Shared, type Source } from './source.js'
import type { SendRequest } from './traffic.js'

/** The most that a project's page may have: the official index's largest have a quarter of it. */
const largestPage = 64 * 1024 * 1024

/** pip's own (its index/collector.py). */
const accepted =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01, */*; q=0.001'

/** For so long, in milliseconds, a page is good if its server says nothing, and one that was fetched ahead. */
const shortest = 5_000

/** For so long at most, in milliseconds: as the official index says. */
const longest = 600_000

/** For how long a page is good, in milliseconds, as its server says. */
const lifetimeOf = (headers: IncomingHttpHeaders): number => {
  const control = headers['cache-control']
  if (control === undefined) return shortest
  const seconds = Number(/(?:^|[\s,])max-age=(\d+)/.exec(control)?.[1] ?? 0)
  return /no-(?:store|cache)/.test(control) ? 0 : Math.min(seconds * 1000, longest)
}

// A time without an ETag tells a change only if the page was not read in the second of that time (RFC 9110, 8.8.2.2).
const conditionsOf = (headers: IncomingHttpHeaders): Readonly<Record<string, string>> => {
  const { etag, 'last-modified': modified = '', date = '' } = headers
  if (etag !== undefined) return { 'If-None-Match': etag }
  return Date.parse(date) - Date.parse(modified) > 1000 ? { 'If-Modified-Since': modified } : {}
}

/** An index on a server: the one place where pages are fetched. */
export const serverIndex = (
  { config: { indexes }, log, tempo, mayFetch }: Shared,
  config: Index,
  send: SendRequest,
  outage: Outage,
): Source => {
  const { label } = config
  // A link to a repository is not under a rule that says what comes from where.
  const hasRules = config.excludeNewer !== undefined || indexes.some(({ projects, exclude }) => projects ?? exclude)
  const pages = rememberPages()
  const share = newShare<Found>(tempo)

  /** What is found, of which an installer is told. */
  const tell = (found: Found, { isAhead }: Asker): Found => {
    if (found.note !== undefined && !isAhead) log.once(`${label} ${found.note}`)
    return found
  }

  const refused = (note: string): Found => ({ kind: 'refused', cause: `${label} ${note}`, note })

  const remember = (
    project: string,
    page: Omit<RememberedPage, 'until'>,
    headers: IncomingHttpHeaders,
    { isAhead, isGoing }: Asker,
  ): Found => {
    const { files, links } = page
    // One without a link may be that of a login: installers that ask again are to have another one.
    const isEmpty = files.length + links.length === 0
    const until = Date.now() + (isEmpty ? 0 : Math.max(lifetimeOf(headers), isAhead ? shortest : 0))
    // pip may read it much later, after all that it was told to install.
    const latest = Date.now() + longest
    const isAwaited = isGoing && !isEmpty ? () => Date.now() < latest && isGoing() : undefined
    pages.set(project, { ...page, until, isAwaited })
    return { kind: 'page', ...page }
  }

  const fetchPage = async (project: string, asker: Asker, signal: AbortSignal): Promise<Found> => {
    const root = new URL(config.url)
    const url = new URL(`${root.pathname.replace(/\/+$/, '')}/${project}/${root.search}`, root)
    const known = pages.get(project)
    const asked = { ...asker.headers, ...known?.conditions, Accept: accepted, 'Accept-Encoding': 'gzip, deflate' }
    const answered = await send(url, { headers: asked, signal, isAhead: asker.isAhead })
    outage.answered()
    const { status, body, headers } = answered
    if (known !== undefined && status === 304) {
      body.destroy()
      return remember(project, known, headers, asker)
    }
    if (!isWhole(answered)) {
      body.destroy()
      const found: Found = { kind: 'answer', ...passedOn(answered) }
      const isNotHere = status === 404 || status === 410
      return isNotHere ? found : { ...found, note: `answers ${status}, asked for ${project}: the relay passes this on` }
    }
    const bytes = await readBody(body, largestPage)
    const page = readPage(bytes, headers['content-type'], answered.url)
    const files = excludeNewer(page.files.filter(mayFetch), config.excludeNewer)
    if (files === undefined)
      return refused(
        `names no upload times of ${project}, so exclude-newer cannot be kept: use an index that does (PEP 700), or leave exclude-newer out`,
      )
    const note =
      page.links.length > 0 && hasRules
        ? `links to a repository for ${project}, which is under no rule: that link is left out`
        : undefined
    const links = hasRules ? [] : page.links
    const [conditions, { length }] = [conditionsOf(headers), bytes]
    return remember(project, { files, links, note, conditions, length }, headers, asker)
  }

  const fetchOnce = async (project: string, asker: Asker): Promise<Found | HttpError> => {
    try {
      return tell(await share(project, asker.gone, (signal) => fetchPage(project, asker, signal)), asker)
    } catch (error) {
      const fault = error instanceof PageError ? error : faultOf(error)
      // What came, or where it led, is not a page, and will not be one if it is asked for again.
      const isFinal =
        fault instanceof PageError || fault.kind === 'redirect' || (fault.kind === 'odd' && fault.code === undefined)
      return isFinal ? tell(refused(`${fault.message}, asked for ${project}`), asker) : fault
    }
  }

  /** Of all that an installer may ask for, a page alone is tried again, and only if the index can be left out for it. */
  const find = async (project: string, asker: Asker): Promise<Found> => {
    const { gone } = asker
    const known = pages.get(project)
    if (known !== undefined && (known.until > Date.now() || known.isAwaited?.())) {
      if (!asker.isAhead) pages.set(project, { ...known, isAwaited: undefined })
      return tell({ kind: 'page', ...known }, asker)
    }
    if (asker.isAhead) {
      const found = outage.isDown() || !pages.hasRoom() ? undefined : await fetchOnce(project, asker)
      return found === undefined || found instanceof HttpError ? { kind: 'none' } : found
    }
    for (const milliseconds of [...pauses, undefined]) {
      const told = outage.whileDown(project)
      if (told !== undefined && outage.isDown()) return told
      const isHeld = told !== undefined
      const asking = fetchOnce(project, asker)
      const found =
        (await (isHeld ? Promise.race([asking, outage.whenDown(gone)]) : asking)) ?? outage.whileDown(project)
      if (found === undefined) return { kind: 'none' }
      if (!(found instanceof HttpError)) return found
      if (gone.aborted) throw found
      outage.failed(found)
      if (!isHeld || milliseconds === undefined) {
        log.once(`${label} ${found.message}, asked for ${project}: the relay passes this on`)
        throw found
      }
      await Promise.race([pause(milliseconds * tempo), outage.whenDown(gone)])
    }
    return { kind: 'none' }
  }

  return {
    projects: () => [],
    find,
    filesOf: async (project, asker, name) => {
      const files = name === undefined ? pages.get(project)?.files : pages.filesNamed(project, name)
      return files === undefined ? find(project, asker) : { kind: 'page', files, links: [] }
    },
  }
}
