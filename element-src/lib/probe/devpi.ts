import { type Answer, ask, askIfThere, type ProbeContext } from './asking.js'
import { hasLinks } from './page.js'
import type { ProbeResult } from './probe-folder.js'

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
    const wanted = { accept: 'application/json', isEnough: () => false }
    const found = await askIfThere(new URL(`${candidate}?no_projects=`), context, wanted)
    if (found?.status !== 200 || !found.text.includes('indexconfig')) continue
    const usedAs = `${candidate}+simple/`
    try {
      const { status } = await ask(new URL(usedAs), context, { isEnough: hasLinks })
      const reason = `is a devpi-server: used as ${usedAs}, which answers ${status}`
      return { state: status < 400 ? 'up' : 'failing', reason: status < 400 ? reason : `it ${reason}`, usedAs }
    } catch {
      return {
        state: 'slow',
        reason: `it is a devpi-server whose index gives no answer in ${context.seconds} s, as a new one does that first fetches the list of all projects: write ${usedAs} for it`,
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
