import * as z from 'zod/mini'
import { UserError } from '../base/errors.js'
import type { RelayConfig } from './config.js'

const optional = z.optional(z.string())
const texts = z.optional(z.array(z.string()))

const index = z.object({
  url: optional,
  folder: optional,
  label: z.string(),
  isOfficial: z.boolean(),
  ca: optional,
  clientCert: optional,
  clientKey: optional,
  trusted: z.optional(z.boolean()),
  projects: texts,
  exclude: texts,
  excludeNewer: optional,
})

const config = z.object({
  indexes: z.array(index).check(z.minLength(1)),
  environment: z.record(z.string(), z.string()),
  unreachable: z.enum(['drop', 'keep', 'fail']),
  retries: z.number().check(z.gte(0)),
  trustedHosts: z._default(z.array(z.string()), []),
  fill: optional,
  build: z.object({ pid: z.number(), startTime: z.string() }),
  logFile: z.string(),
})

const parseJson = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    // The parser's own message quotes what it read, in which credentials are.
    throw new UserError('its configuration is no JSON')
  }
}

/**
 * Reads what extra-data.d tells the relay.
 *
 * @param json What came on standard input.
 * @throws UserError where it is something else; the message names the key, and never a value.
 */
export const parseConfig = (json: string): RelayConfig => {
  const result = config.safeParse(parseJson(json))
  if (!result.success) {
    const [issue] = result.error.issues
    throw new UserError(`its configuration is not as agreed at ${issue?.path.join('.') ?? 'its top'}`)
  }
  for (const { url, folder, label, excludeNewer } of result.data.indexes) {
    if ((url === undefined) === (folder === undefined)) throw new UserError(`${label} has not one of url and folder`)
    if (url !== undefined && !/^https?:\/\/[^/]/i.test(url)) throw new UserError(`${label} is neither http nor https`)
    if (excludeNewer !== undefined && Number.isNaN(Date.parse(excludeNewer)))
      throw new UserError(`${label}: ${excludeNewer} is no date`)
  }
  return result.data as RelayConfig
}
