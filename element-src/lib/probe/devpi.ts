import { redact } from '../http/credentials.js'
import type { Answer } from '../http/request.js'
import { ask, askIfThere, type ProbeContext, requestOptions } from './asking.js'
import { hasLinks } from './page.js'
import type { ProbeResult } from './probe-folder.js'

/**
 * What a devpi-server's address is meant to be where it names no index's pages: its own address is its mirror root/pypi,
 * that of an index is the index's pages, +simple/ (devpi's documentation, Quickstart: permanent install). Any answer of
 * devpi-server's says that it is one.
 *
 * @param index The index as the user wrote it.
 * @param answer What its server answered.
 * @param probing What all probes have in common.
 * @returns The verdict on the index that is meant, or undefined where it is none of devpi's or there is none.
 */
export const probeDevpi = async (
  index: string,
  answer: Answer,
  probing: ProbeContext,
): Promise<ProbeResult | undefined> => {
  if (!answer.headers.has('x-devpi-api-version') || /\+simple|[?#]/.test(index)) return undefined
  const base = index.replace(/\/*$/, '/')
  const { pathname } = new URL(base)
  const isOneIndex = /^\/[^/]+\/[^/]+\/$/.test(pathname)
  for (const candidate of [...(isOneIndex ? [base] : []), `${base}root/pypi/`]) {
    // Its configuration is there at once, its list of all projects not.
    const wanted = { accept: 'application/json', isEnough: () => false }
    const found = await askIfThere(new URL(`${candidate}?no_projects=`), probing, wanted)
    if (found?.status !== 200 || !found.text.includes('indexconfig')) continue
    const usedAs = `${candidate}+simple/`
    const shown = redact(usedAs)
    const url = new URL(usedAs)
    try {
      const { status } = await ask(url, probing, requestOptions(url, probing), { isEnough: hasLinks })
      if (status < 400)
        return { state: 'up', reason: `is a devpi-server: used as ${shown}, which answers ${status}`, usedAs }
      return { state: 'down', reason: `it is a devpi-server whose index ${shown} answers ${status}`, usedAs }
    } catch {
      return {
        state: 'slow',
        reason: `it is a devpi-server whose index gives no answer in ${probing.seconds} s, as a new one does that first fetches the list of all projects: write ${shown} for it`,
        usedAs,
      }
    }
  }
  return answer.status === 404
    ? {
        state: 'misplaced',
        reason: `it is a devpi-server, and no index is there: write ${redact(new URL('/', base).href)}USER/INDEX/+simple/`,
      }
    : undefined
}
