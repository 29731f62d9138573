import type { AddressInfo, Server, Socket } from 'node:net'
import type { Ending } from '../builds/build-image.js'

/** A server that listens on 127.0.0.1. */
export interface Listening {
  readonly port: number
  /** Ends the server and its connections, before the test ends. */
  readonly stop: () => Promise<void>
}

/**
 * Has a server listen on 127.0.0.1 until the test ends.
 *
 * @param server A server of node:net, node:http or node:https.
 * @param port The port, or 0 for one that is free.
 */
export const listen = async (t: Ending, server: Server, port = 0): Promise<Listening> => {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject).listen(port, '127.0.0.1', resolve)
  })
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  t.teardown(stop)
  return { port: (server.address() as AddressInfo).port, stop }
}
