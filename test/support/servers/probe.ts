import { createServer, type RequestListener } from 'node:http'
import type { Environment } from '../../../element-src/lib/base/command.js'
import { newClient } from '../../../element-src/lib/http/client.js'
import type { Asker } from '../../../element-src/lib/http/http-error.js'
import { newLookup } from '../../../element-src/lib/http/look-up.js'
import { probeServer } from '../../../element-src/lib/probe/probe-server.js'
import type { ProbeResult } from '../../../element-src/lib/probe/verdict.js'
import { type Index, indexAt } from '../../../element-src/lib/settings/index-list.js'
import type { Ending } from '../builds/build-image.js'
import { listen } from './listen.js'

/** What a probe is told besides the URL. */
export interface ProbeOptions {
  readonly asker?: Asker
  readonly index?: Partial<Index>
  readonly environment?: Environment
  readonly trustedHosts?: readonly string[]
  /** How long it may take, in milliseconds. */
  readonly milliseconds?: number
}

/**
 * Probes one index, from this process.
 *
 * @param options What the probe is told besides.
 */
export const probe = (
  url: string,
  { environment = {}, trustedHosts = [], asker = 'image', index = {}, milliseconds = 60_000 }: ProbeOptions = {},
): Promise<ProbeResult> => {
  const signal = AbortSignal.timeout(milliseconds)
  const lookup = newLookup([process.execPath], signal)
  const asked = { ...indexAt(url, 'DIB_PYPI_MIRROR_URL'), ...index }
  const client = newClient({ own: asked, environment, trustedHosts, asker, lookup })
  return probeServer({ index: asked, client, asker, seconds: milliseconds / 1000, signal })
}

/**
 * Serves pages on 127.0.0.1 until the test ends; what is none of them is 404.
 *
 * @param pages Paths and what they answer: a page, or undefined where there is never an answer.
 * @returns The server's URL, without a slash at its end.
 */
export const servePages = async (
  t: Ending,
  pages: Readonly<Record<string, string | undefined>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const answer: RequestListener = (asked, response) => {
    const path = asked.url ?? ''
    if (!Object.hasOwn(pages, path)) response.writeHead(404, headers).end()
    else if (pages[path] !== undefined) response.writeHead(200, headers).end(pages[path])
  }
  return `http://127.0.0.1:${(await listen(t, createServer(answer))).port}`
}
