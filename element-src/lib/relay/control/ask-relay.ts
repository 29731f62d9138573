import { info, warn } from '../../base/log.js'
import { keptLine, type RelayStatus } from '../config.js'

/** How long it may take to answer, in milliseconds: its last writes take up to 10 s. */
const timeoutMs = 15_000

/**
 * Asks the relay what it has done, or ends it, after it has written what it keeps.
 *
 * @param control The URL that only our own hooks know.
 * @param method GET to ask, POST to end.
 * @returns What it has done; rejected if it is not there.
 */
export const askRelay = async (control: string, method: 'GET' | 'POST'): Promise<RelayStatus> => {
  const { request } = await import('node:http')
  const text = await new Promise<string>((resolve, reject) => {
    const sent = request(control, { method, agent: false, timeout: timeoutMs }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (more: string) => {
        text += more
      })
      response.on('end', () => resolve(text))
      response.on('error', reject)
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer')))
    sent.on('error', reject)
    sent.end()
  })
  return JSON.parse(text) as RelayStatus
}

/** Ends the relay at the end of a build, and says what it has kept; undefined if it is no longer there. */
export const closeRelay = async (control: string): Promise<RelayStatus | undefined> => {
  const status = await askRelay(control, 'POST').catch(() => undefined)
  const line = status && keptLine(status)
  if (status === undefined) warn('the relay ended before the build did: see its lines in this log')
  else if (line !== undefined) info(line)
  return status
}
