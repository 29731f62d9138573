import { faultOf } from '../http/http-error.js'
import {
  type Answer,
  ask,
  askIfThere,
  endable,
  filesOf,
  foldersOn,
  hasLinks,
  isIndexPage,
  isProjectPage,
  type ProbeContext,
  type ProbeResult,
} from './asking.js'

/**
 * What a devpi-server's address is meant to be if it names no index's pages: its own address is its mirror root/pypi,
 * that of an index is the index's pages, +simple/ (devpi's documentation, Quickstart: permanent install). Any answer of
 * devpi-server's says that it is one.
 *
 * @returns The result for the index that is meant, or undefined if it is not devpi's or there is none.
 */
export const probeDevpi = async (answer: Answer, context: ProbeContext): Promise<ProbeResult | undefined> => {
  const { url } = context.index
  if (answer.headers['x-devpi-api-version'] === undefined || /\+simple|[?#]/.test(url)) return undefined
  const base = url.replace(/\/*$/, '/')
  const { pathname } = new URL(base)
  const isOneIndex = /^\/[^/]+\/[^/]+\/$/.test(pathname)
  for (const candidate of [...(isOneIndex ? [base] : []), `${base}root/pypi/`]) {
    // Its configuration is there at once, its list of all projects not.
    const found = await askIfThere(new URL(`${candidate}?no_projects=`), context, () => false, 'application/json')
    if (found?.status !== 200 || !found.text.includes('indexconfig')) continue
    const usedAs = `${candidate}+simple/`
    try {
      const { status } = await ask(new URL(usedAs), context, hasLinks)
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
  return answer.status === 404
    ? {
        state: 'misplaced',
        reason: `it is a devpi-server, and no index is there: write ${new URL('/', base).href}USER/INDEX/+simple/`,
      }
    : undefined
}

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
  const answers = await Promise.all(candidates.map((candidate) => askIfThere(candidate, context, hasLinks)))
  const found = candidates.find((_candidate, i) => {
    const answer = answers[i]
    // A server that answers everything with one page has no index there, and neither has a page of the project simple.
    return answer?.status === 200 && isIndexPage(answer.text, answer.url) && /\/simple\/?$/.test(answer.url.pathname)
  })
  return found?.href
}

const samePlace = (one: URL, other: URL): boolean =>
  one.host === other.host && one.pathname.replace(/\/$/, '') === other.pathname.replace(/\/$/, '')

/** Whether what a project's address answers is the page of something else: of a login, or of the network's own portal. */
const isOtherPage = ({ status, text, url }: Answer, asked: URL): boolean =>
  status === 200 && !isProjectPage(text, url) && (!samePlace(url, asked) || /<(?:form|input|script)\b/i.test(text))

/** Whether an index has no page at its root. */
const isMissing = (status: number): boolean => status === 404 || status === 410

/** What the answers at its root and at a project's address make of an index, and whether one is nearby. */
const judge = (url: URL, root: Answer, project?: Answer, nearby?: string): ProbeResult => {
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
  if (isMissing(status)) return { state: 'pageless', reason: `${what}, as some registries do, and a URL that is wrong` }
  if (status === 200 && !isIndexPage(text, root.url) && project !== undefined) {
    const page = new URL('pip/', url)
    if (isOtherPage(project, page)) {
      const there = samePlace(project.url, page) ? shown : `${project.url.origin}${project.url.pathname}`
      return {
        state: 'misplaced',
        reason: `it leads to ${there}, which is not an index (a login or a wrong path): write the index's own URL, with its credentials`,
      }
    }
  }
  return { state: 'up', reason: hasMoved ? `answers ${status} at ${shown}` : `answers ${status}` }
}

/**
 * Looks for what an answer alone does not say: that another URL is meant, that projects are there, that files are out of reach. An
 * index that answers is asked for these with a third of the time.
 *
 * @param isOfficial Whether the answer is that at a project of the official index, which has none of these but files.
 */
export const lookFurther = async (
  url: URL,
  root: Answer,
  context: ProbeContext,
  isOfficial: boolean,
): Promise<ProbeResult> => {
  const { status, text } = root
  const isThere = status === 200
  if (!isThere && !isMissing(status) && status < 500) return judge(url, root)
  const { context: hurried, stop } = endable(context, (context.seconds * 1000) / 3)
  try {
    if (isOfficial) return { state: 'up', reason: `answers ${status}`, notes: await filesHostNotes(root, hurried) }
    const isElsewhere = !isIndexPage(text, root.url) || foldersOn(text, root.url).includes('simple')
    // A mirror that has projects of its own is asked for no other.
    const askProject = async (): Promise<Answer | undefined> =>
      context.index.projects === undefined ? askIfThere(new URL('pip/', url), hurried, areEnoughFiles) : undefined
    const [nearby, [project, notes]] = await Promise.all([
      isMissing(status) || (isThere && isElsewhere) ? findIndexNearby(url, hurried) : undefined,
      askProject().then(async (answer) => [answer, answer && (await filesHostNotes(answer, hurried))] as const),
    ])
    const result = judge(url, root, project, nearby)
    return result.state === 'misplaced' ? result : { ...result, notes: notes ?? [] }
  } finally {
    stop()
  }
}
