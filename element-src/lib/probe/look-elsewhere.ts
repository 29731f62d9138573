import { redact } from '../http/credentials.js'
import { askIfThere, type ProbeContext } from './asking.js'
import { hasLinks } from './page.js'

/**
 * Looks for an index where users forget or misspell it: in `simple/` below the URL, and beside it.
 *
 * @param url The index, with a slash at its end, which has no page or one without a link.
 * @param probing What all probes have in common.
 * @returns The URL of the index that is there, without credentials, or undefined.
 */
export const findIndexNearby = async (url: URL, probing: ProbeContext): Promise<string | undefined> => {
  const candidates = [new URL('simple/', url), new URL('../simple/', url)].filter(
    ({ href }, i, all) => href !== url.href && all.findIndex((other) => other.href === href) === i,
  )
  const answers = await Promise.all(
    candidates.map((candidate) => askIfThere(candidate, probing, { isEnough: hasLinks })),
  )
  const found = candidates.find((_candidate, i) => answers[i]?.status === 200 && hasLinks(answers[i]?.text ?? ''))
  return found && redact(found.href)
}
