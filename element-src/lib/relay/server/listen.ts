import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that listens. */
export interface ListeningServer {
  /** Its port of 127.0.0.1. */
  readonly port: number
  /** Ends it and its connections. */
  readonly close: () => void
}

/**
 * Listens on a free port of 127.0.0.1.
 *
 * @param handle Answers a request.
 */
export const listen = async (
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<ListeningServer> => {
  // Longer than pip and uv keep a connection, so that none is closed at the moment in which it is used again.
  const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, (request, response) => {
    request.on('error', () => undefined).resume()
    response.on('error', () => undefined)
    handle(request, response)
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject).listen(0, '127.0.0.1', 1024, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close()
      // Node.js 18.2 and later.
      server.closeAllConnections?.()
    },
  }
}
