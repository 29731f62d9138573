import { ignoreErrors } from '../../base/errors.js'
import type { RelayStatus } from '../config.js'

/** How long it may take to answer, in milliseconds. */
const patience = 10_000

const ask = async (url: string, method: 'GET' | 'POST'): Promise<string> => {
  const { request } = await import('node:http')
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent: false, timeout: patience }, (response) => {
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
}

/**
 * Ends the relay, after it has written what it keeps.
 *
 * @param base The URL below which it answers.
 * @returns What it has kept, or undefined where it is no longer there.
 */
export const endRelay = async (base: string): Promise<RelayStatus | undefined> => {
  try {
    const text = await ask(`${base}/-/end`, 'POST')
    return ignoreErrors([], () => JSON.parse(text) as RelayStatus)
  } catch {
    return undefined
  }
}
