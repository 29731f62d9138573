import { createServer } from 'node:net'
import type { Ending } from '../support/builds/build-image.js'
import { listen } from '../support/servers/listen.js'

/** A port that nothing listens on, and that no program is given which asks for any: connections to it are refused. */
const nobodysPort = 1

/**
 * Starts what can stand before a good mirror, on 127.0.0.1.
 *
 * @param t What they end with.
 * @returns The URL of each; none has none.
 */
export const startFirstMirrors = async (
  t: Ending,
): Promise<Readonly<Record<'none' | 'refused' | 'silent', string | undefined>>> => {
  // Connections are accepted, and nothing is ever said in them.
  const silent = await listen(
    t,
    createServer((socket) => socket.resume()),
  )
  const url = (port: number): string => `http://127.0.0.1:${port}/simple`
  return { none: undefined, refused: url(nobodysPort), silent: url(silent.port) }
}
