import { redact } from './credentials.js'

/**
 * The indexes in order, for the log, without their passwords.
 *
 * @param urls The indexes; the first is index-url.
 */
export const describeIndexes = ([first = '', ...others]: readonly string[]): string =>
  `index ${redact(first)}${others.length > 0 ? `, then ${others.map(redact).join(', ')}` : ''}`
