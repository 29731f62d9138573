import { faultOf } from '../http/http-error.js'
import { type Answer, ask, type ProbeContext } from './asking.js'
import { filesOf } from './page.js'

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
export const filesHostNotes = async (
  { status, text, url }: Answer,
  context: ProbeContext,
): Promise<readonly string[]> => {
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
