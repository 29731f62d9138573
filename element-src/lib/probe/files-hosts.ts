import { errorCode } from '../base/errors.js'
import { ask, askIfThere, type ProbeContext, requestOptions } from './asking.js'
import { faultResult } from './fault.js'
import { filesOf } from './page.js'

/** The first files of a project's page are enough to see where all lie. */
const isEnough = (text: string): boolean => filesOf(text, new URL('http://any/')).length >= 3

const noteOf = async (file: URL, probing: ProbeContext): Promise<string | undefined> => {
  const options = requestOptions(file, probing)
  try {
    const { status, isOfProxy } = await ask(file, probing, options)
    return isOfProxy || status >= 500 ? `${isOfProxy ? 'the proxy' : 'which'} answers ${status}` : undefined
  } catch (error) {
    // That the time limit was reached says nothing about the host.
    if (probing.signal.aborted || errorCode(error) === 'ABORT_ERR') return undefined
    const { reason } = faultResult(error, {
      url: file,
      proxy: options.proxy,
      hasClientCertificate: options.clientCertificate !== undefined,
      asker: probing.asker,
      seconds: probing.seconds,
      isOver: false,
    })
    return reason
  }
}

/**
 * Finds the hosts that an index's files are on, by the page of the project `pip`. Such a host can be unreachable although
 * the index answers, which pip reports only after minutes.
 *
 * @param url The index, with a slash at its end, which answers.
 * @param probing What all probes have in common.
 * @returns A line for each host that the build will have trouble with.
 */
export const filesHostNotes = async (url: URL, probing: ProbeContext): Promise<readonly string[]> => {
  // A mirror that has projects of its own is asked for no other.
  if (probing.index?.projects !== undefined) return []
  const page = new URL('pip/', url)
  const answer = await askIfThere(page, probing, { isEnough })
  if (answer?.status !== 200) return []
  const files = filesOf(answer.text, page).filter(({ host }) => host !== url.host)
  const firsts = files.filter(({ host }, i) => files.findIndex((other) => other.host === host) === i)
  const notes = await Promise.all(
    firsts.map(async (file) => {
      const reason = await noteOf(file, probing)
      return reason && `its files lie on ${file.host}: ${reason}`
    }),
  )
  return notes.flatMap((note) => note ?? [])
}
