import { createServer } from 'node:net'
import type { Ending } from '../support/builds/build-image.js'
import { listen } from '../support/servers/listen.js'
import { serveMirror } from '../support/servers/server.js'
import type { FirstMirror } from './results.js'

/** A port that nothing listens on, and that no program is given which asks for any: connections to it are refused. */
const nobodysPort = 1

/**
 * Starts what can stand before a good mirror, on 127.0.0.1.
 *
 * @param t What they end with.
 * @param folder The mirror that the good one serves.
 * @returns The URL of each; none has none.
 */
export const startFirstMirrors = async (
  t: Ending,
  folder: string,
): Promise<Readonly<Record<FirstMirror, string | undefined>>> => {
  const good = await serveMirror(t, folder)
  // Connections are accepted, and nothing is ever said in them.
  const silent = await listen(
    t,
    createServer((socket) => socket.resume()),
  )
  const url = (port: number): string => `http://127.0.0.1:${port}/simple`
  return { none: undefined, good: url(good.port), refused: url(nobodysPort), silent: url(silent.port) }
}
