import { redact } from './credentials.js'
import type { Index } from './indexes.js'

/**
 * The indexes in order, for the log, without their passwords.
 *
 * @param indexes The indexes; the first is index-url.
 */
export const describeIndexes = (indexes: readonly Index[]): string => {
  const [first, ...others] = indexes.map(({ url }) => redact(url))
  return `index ${first}${others.length > 0 ? `, then ${others.join(', ')}` : ''}`
}
