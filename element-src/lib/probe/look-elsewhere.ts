import { askIfThere, type ProbeContext } from './asking.js'
import { hasLinks, isIndexPage } from './page.js'

/**
 * Looks for an index where users forget or misspell it: in `simple/` below the URL, and beside it.
 *
 * @param url The index, with a slash at its end.
 * @returns The URL of the index that is there, without credentials, or undefined.
 */
export const findIndexNearby = async (url: URL, context: ProbeContext): Promise<string | undefined> => {
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
