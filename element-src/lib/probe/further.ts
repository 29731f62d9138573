import { faultOf } from '../http/http-error.js'
import { officialIndex } from '../settings/index-list.js'
import { type Answer, ask, askIfThere, type ProbeContext } from './asking.js'
import { filesOf, foldersOn, hasLinks, isIndexPage, isProjectPage } from './page.js'
import type { ProbeResult } from './probe-folder.js'

/** The first files of a project's page are enough to see where all lie. */
export const areEnoughFiles = (text: string): boolean => filesOf(text, new URL('http://any/')).length >= 3

const noteOf = async (file: URL, context: ProbeContext): Promise<string | undefined> => {
  try {
    const { status } = await ask(file, context)
    return status >= 500 ? `answers ${status}` : undefined
  } catch (error) {
    const { kind, message } = faultOf(error)
    // That the time limit was reached says nothing about the host.
    return kind === 'aborted' ? undefined : message
  }
}

/**
 * Looks whether the hosts of an index's files can be reached, by a project's page. One that cannot is a matter of that host
 * alone, which pip reports only after minutes.
 *
 * @returns A line for each host that the build will have trouble with.
 */
const filesHostNotes = async ({ status, text, url }: Answer, context: ProbeContext): Promise<readonly string[]> => {
  if (status !== 200) return []
  const files = filesOf(text, url).filter(({ host }) => host !== url.host && host !== new URL(context.index.url).host)
  const firsts = files.filter(({ host }, i) => files.findIndex((other) => other.host === host) === i)
  const notes = await Promise.all(
    firsts.map(async (file) => {
      const reason = await noteOf(file, context)
      return reason && `its files lie on ${file.host}, which ${reason}`
    }),
  )
  return notes.flatMap((note) => note ?? [])
}

/**
 * Looks for an index where users forget or misspell it: in `simple/` below the URL, and beside it.
 *
 * @param url The index, with a slash at its end.
 * @returns The URL of the index that is there, without credentials, or undefined.
 */
const findIndexNearby = async (url: URL, context: ProbeContext): Promise<string | undefined> => {
  const candidates = [new URL('simple/', url), new URL('../simple/', url)].filter(
    ({ href }, i, all) => href !== url.href && all.findIndex((other) => other.href === href) === i,
  )
  const answers = await Promise.all(
    candidates.map((candidate) => askIfThere(candidate, context, { isEnough: hasLinks })),
  )
  const found = candidates.find((_candidate, i) => {
    const answer = answers[i]
    // A server that answers everything with one page has no index there, and neither has a page of the project simple.
    return answer?.status === 200 && isIndexPage(answer.text, answer.url) && /\/simple\/?$/.test(answer.url.pathname)
  })
  return found?.href
}

/** With a third of the time: an index that answers is asked for what is good to know besides. */
const hurried = (context: ProbeContext): { hurriedContext: ProbeContext; stop: () => void } => {
  const over = new AbortController()
  const stop = (): void => over.abort()
  const timer = setTimeout(stop, (context.seconds * 1000) / 3)
  context.signal.addEventListener('abort', stop)
  over.signal.addEventListener('abort', () => clearTimeout(timer))
  return { hurriedContext: { ...context, signal: over.signal }, stop }
}

const samePlace = (one: URL, other: URL): boolean =>
  one.host === other.host && one.pathname.replace(/\/$/, '') === other.pathname.replace(/\/$/, '')

/** Whether what a project's address answers is the page of something else: of a login, or of the network's own portal. */
const isOtherPage = ({ status, text, url }: Answer, asked: URL): boolean =>
  status === 200 && !isProjectPage(text, url) && (!samePlace(url, asked) || /<(?:form|input|script)\b/i.test(text))

/** What the answers at its root and at a project's address make of an index, and whether one is nearby. */
const judge = (url: URL, root: Answer, project: Answer | undefined, nearby: string | undefined): ProbeResult => {
  const { status, text } = root
  const shown = `${root.url.origin}${root.url.pathname}`
  const hasMoved = !samePlace(root.url, url)
  const what = hasMoved ? `it redirects to ${shown}, which answers ${status}` : `it answers ${status}`
  if (nearby !== undefined) {
    const page =
      status !== 200
        ? what
        : hasMoved
          ? `it redirects to ${shown}`
          : hasLinks(text)
            ? 'its page is that of a folder'
            : 'its page has no links'
    return { state: 'misplaced', reason: `${page}, and an index is at ${nearby}: write that` }
  }
  if (status >= 500) {
    return project === undefined || project.status >= 500
      ? { state: 'failing', reason: what }
      : { state: 'pageless', reason: `${what}, and ${project.status} for the project pip, as some registries do` }
  }
  if (status === 404 || status === 410)
    return { state: 'pageless', reason: `${what}, as some registries do, and a URL that is wrong` }
  if (status === 200 && !isIndexPage(text, root.url) && project !== undefined) {
    const page = new URL('pip/', url)
    if (isOtherPage(project, page)) {
      const there = samePlace(project.url, page) ? shown : `${project.url.origin}${project.url.pathname}`
      return {
        state: 'misplaced',
        reason: `it leads to ${there}, which is not an index: a login or a wrong path, perhaps; write the URL of the index itself, and credentials if it wants them`,
      }
    }
  }
  return { state: 'up', reason: hasMoved ? `answers ${status} at ${shown}` : `answers ${status}` }
}

/** Looks for what an answer alone does not say: that another URL is meant, that projects are there, that files are out of reach. */
export const lookFurther = async (url: URL, root: Answer, context: ProbeContext): Promise<ProbeResult> => {
  const { status, text } = root
  const isMissing = status === 404 || status === 410
  if (status !== 200 && !isMissing && status < 500) return judge(url, root, undefined, undefined)
  const { hurriedContext, stop } = hurried(context)
  const isOfficial = url.href === `${officialIndex}/`
  const isIndex = isOfficial || (status === 200 && isIndexPage(text, root.url))
  const isListing = status === 200 && foldersOn(text, root.url).includes('simple')
  // A mirror that has projects of its own is asked for no other.
  const askProject = async (): Promise<Answer | undefined> =>
    isOfficial
      ? root
      : context.index.projects === undefined
        ? askIfThere(new URL('pip/', url), hurriedContext, { isEnough: areEnoughFiles })
        : undefined
  const [nearby, [project, notes]] = await Promise.all([
    !isOfficial && status < 500 && (!isIndex || isListing) ? findIndexNearby(url, hurriedContext) : undefined,
    askProject().then(
      async (answer) => [answer, answer === undefined ? [] : await filesHostNotes(answer, hurriedContext)] as const,
    ),
  ])
  stop()
  const result: ProbeResult = isOfficial
    ? { state: 'up', reason: `answers ${status}` }
    : judge(url, root, project, nearby)
  return result.state === 'misplaced' ? result : { ...result, notes }
}
