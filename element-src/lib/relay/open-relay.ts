import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RelayConfig } from './config.js'
import { watchBuild } from './watch-build.js'

/** A relay that listens. */
export interface OpenRelay {
  /** Its port of 127.0.0.1. */
  readonly port: number
  /** Resolved when it has ended, and everything is written. */
  readonly ended: Promise<void>
}

/**
 * Opens the relay.
 *
 * @param config What it is to do.
 * @param token The secret first part of the paths of its URLs.
 */
export const openRelay = async (config: RelayConfig, token: string): Promise<OpenRelay> => {
  let end = (): void => undefined
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    if (path === `/${token}/-/status` || path === `/${token}/-/end`) {
      const status = {
        folder: config.fill ?? null,
        keptFiles: 0,
        keptBytes: 0,
        fetchedFiles: 0,
        servedFromFolder: 0,
        down: [],
      }
      response.end(JSON.stringify(status))
      if (path.endsWith('/end')) response.on('close', end)
      return
    }
    response.writeHead(404).end()
  })
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject).listen(0, '127.0.0.1', resolve)
  })
  watchBuild(config.build, end)
  return { port: (server.address() as AddressInfo).port, ended }
}
