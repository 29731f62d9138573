import { setTimeout as pause } from 'node:timers/promises'
import { endable } from '../base/waiting.js'
import { faultOf } from '../http/http-error.js'
import { officialIndex } from '../settings/index-list.js'
import { type Answer, ask, askIfThere, filesOn, foldersOn, hasManyFolders, hasSomeFiles, isIndexPage } from './page.js'
import { isMissing, ofAnswers, ofNoAnswer, ofRefusal, type ProbeContext, type ProbeResult } from './verdict.js'

/** How long to wait before a server that refused a connection is asked once more, in milliseconds: it may be starting. */
const startingTime = 1000

const askOnceMore = async (...asked: Parameters<typeof ask>): Promise<Answer> => {
  try {
    return await ask(...asked)
  } catch (error) {
    if (faultOf(error).code !== 'ECONNREFUSED') throw error
    await pause(startingTime, undefined, { signal: asked[1].signal })
    return ask(...asked)
  }
}

/**
 * What a devpi-server's address is meant to be if it names no index's pages: its own address is its mirror root/pypi,
 * that of an index is the index's pages, +simple/ (devpi's documentation, Quickstart: permanent install). Any answer of
 * devpi-server's says that it is one.
 */
const probeDevpi = async (answer: Answer, context: ProbeContext): Promise<ProbeResult | undefined> => {
  const { url } = context.index
  if (answer.headers['x-devpi-api-version'] === undefined || /\+simple|[?#]/.test(url)) return undefined
  const base = url.replace(/\/*$/, '/')
  const isOneIndex = /^\/[^/]+\/[^/]+\/$/.test(new URL(base).pathname)
  for (const candidate of [...(isOneIndex ? [base] : []), `${base}root/pypi/`]) {
    // Its configuration is there at once, its list of all projects not.
    const found = await askIfThere(new URL(`${candidate}?no_projects=`), context, () => false, 'application/json')
    if (found?.status !== 200 || !found.text.includes('indexconfig')) continue
    const usedAs = `${candidate}+simple/`
    try {
      const { status } = await ask(new URL(usedAs), context, isIndexPage)
      const reason = `is a devpi-server: used as ${usedAs}, which answers ${status}`
      return { state: status < 400 ? 'up' : 'failing', reason: status < 400 ? reason : `it ${reason}`, usedAs }
    } catch {
      return {
        state: 'slow',
        reason: `it is a devpi-server whose index gives no answer in ${context.seconds} s: a new one first fetches the list of all projects. Write ${usedAs} for it`,
        usedAs,
      }
    }
  }
  if (!isMissing(answer)) return undefined
  const example = `${new URL('/', base).href}USER/INDEX/+simple/`
  return { state: 'misplaced', reason: `it is a devpi-server, and no index is there: write ${example}` }
}

/** A line for each host of an index's files that cannot be reached, by a project's page: pip reports it only after minutes. */
const filesHostNotes = async (project: Answer, context: ProbeContext): Promise<readonly string[]> => {
  if (project.status !== 200) return []
  const files = new Map(filesOn(project).map((file) => [file.host, file]))
  for (const { host } of [project.url, new URL(context.index.url)]) files.delete(host)
  const notes = await Promise.all(
    [...files].map(async ([host, file]) => {
      const answer = await ask(file, context).catch(faultOf)
      if ('status' in answer)
        return answer.status >= 500 ? `its files lie on ${host}, which answers ${answer.status}` : []
      // That the time limit was reached says nothing about the host.
      return answer.kind === 'aborted' ? [] : `its files lie on ${host}, which ${answer.message}`
    }),
  )
  return notes.flat()
}

/** Looks for an index where users forget or misspell it: in `simple/` below the URL, which has a slash at its end, and beside it. */
const findIndexNearby = async (url: URL, context: ProbeContext): Promise<string | undefined> => {
  const candidates = new Set(['simple/', '../simple/'].map((path) => new URL(path, url).href))
  candidates.delete(url.href)
  const found = await Promise.all(
    [...candidates].map(async (href) => {
      const answer = await askIfThere(new URL(href), context, isIndexPage)
      // A server that answers everything with one page has no index there, and neither has a page of the project simple.
      const isThere = answer?.status === 200 && isIndexPage(answer) && /\/simple\/?$/.test(answer.url.pathname)
      return isThere ? href : []
    }),
  )
  return found.flat()[0]
}

/**
 * Looks for what an answer alone does not say: that another URL is meant, that projects are there, that files are out of reach. An
 * index that answers is asked for these with a third of the time.
 *
 * @param isOfficial Whether it is the official index, of which a project was asked for, and which has none of these but files.
 */
const lookFurther = async (
  url: URL,
  root: Answer,
  context: ProbeContext,
  isOfficial: boolean,
): Promise<ProbeResult> => {
  const { status } = root
  const isThere = status === 200
  if (!isThere && !isMissing(root) && status < 500) return ofAnswers(url, root)
  const { signal, end } = endable(context.signal, (context.seconds * 1000) / 3)
  const hurried = { ...context, signal }
  try {
    if (isOfficial) return { ...ofAnswers(url, root), notes: await filesHostNotes(root, hurried) }
    const isElsewhere = isThere && (!isIndexPage(root) || foldersOn(root).includes('simple'))
    // A mirror that has projects of its own is asked for no other.
    const askProject = async (): Promise<Answer | undefined> =>
      context.index.projects === undefined ? askIfThere(new URL('pip/', url), hurried, hasSomeFiles) : undefined
    const [nearby, [project, notes]] = await Promise.all([
      isMissing(root) || isElsewhere ? findIndexNearby(url, hurried) : undefined,
      askProject().then(async (answer) => [answer, answer && (await filesHostNotes(answer, hurried))] as const),
    ])
    const result = ofAnswers(url, root, project, nearby)
    return result.state === 'misplaced' ? result : { ...result, notes: notes ?? [] }
  } finally {
    end()
  }
}

/** Finds out whether an index on a server can be used from here. */
export const probeServer = async (context: ProbeContext): Promise<ProbeResult> => {
  const { client, seconds } = context
  const url = new URL(context.index.url)
  // As pip does it: a project's page is below the index, with or without a slash at its end.
  url.pathname = url.pathname.replace(/\/*$/, '/')
  // A devpi-server that is new fetches the list of all projects first, for a quarter of a minute, and answers other requests meanwhile.
  const { signal, end } = endable(context.signal)
  const answersAtAll = pause(seconds * 500, undefined, { signal })
    .then(() => ask(new URL('/', url), { client, signal }))
    .then(() => true)
    .catch(() => false)
  try {
    // The official index's own page has 40 MB, which installers never ask for, and which a proxy may receive whole before it
    // passes on the first byte.
    const isOfficial = url.href === `${officialIndex}/`
    const asked = isOfficial ? new URL('pip/', url) : url
    const answer = await askOnceMore(asked, context, isOfficial ? hasSomeFiles : hasManyFolders)
    end()
    return (
      ofRefusal(answer, context) ??
      (await probeDevpi(answer, context)) ??
      (await lookFurther(asked, answer, context, isOfficial))
    )
  } catch (error) {
    if (context.signal.aborted && (await answersAtAll)) {
      return { state: 'slow', reason: `its server answers, its index not in ${seconds} s` }
    }
    return ofNoAnswer(faultOf(error), url, context)
  } finally {
    end()
  }
}
