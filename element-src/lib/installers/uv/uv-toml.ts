import type { PipSettings } from '../../settings/settings.js'
import { remark } from '../pip/config-file.js'

// A basic string of TOML 1.0: JSON's escapes are its own.
const quote = (text: string): string => JSON.stringify(text)

const list = (items: readonly string[]): string => `[${items.map(quote).join(', ')}]`

/**
 * Renders uv.toml, with the indexes in pip's order (uv's documentation, Settings). These keys are older than `[[index]]`:
 * uv knows them since 0.2.12, and copes with several folders since 0.2.16. It asks the extra indexes before `index-url`, so that this is the last here; and it takes
 * what the first of them has, unless it is told to choose among all of them as pip does.
 *
 * @param settings The indexes and how to ask them.
 * @returns The file's text: keys at the top level alone, so that what a hook appends is not drawn into a table.
 */
export const renderUvToml = ({ indexes, unverifiedHosts }: PipSettings): string => {
  const urls = indexes.map(({ url }) => url)
  const lines = [`# ${remark}`, `index-url = ${quote(urls.at(-1) ?? '')}`]
  if (urls.length > 1) {
    lines.push(`extra-index-url = ${list(urls.slice(0, -1))}`, 'index-strategy = "unsafe-best-match"')
  }
  // uv needs no trust for http, and before 0.4 some refuse the key.
  if (unverifiedHosts.length > 0) lines.push(`allow-insecure-host = ${list(unverifiedHosts)}`)
  return `${lines.join('\n')}\n`
}
