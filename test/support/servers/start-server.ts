import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Ending } from '../builds/build-image.js'
import { cleanEnvironment } from '../builds/clean-environment.js'

/** A port of 127.0.0.1 on which nothing listens. */
export const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

/** A server that was started, and runs until the test ends or it is stopped. */
export interface StartedServer {
  /** Its process. */
  readonly pid: number
  /**
   * Sends it a signal, and waits for its end.
   *
   * @param signal SIGTERM by default.
   */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>
}

/**
 * Starts a server, which is ended with the test, and waits until it listens.
 *
 * @param port The port of 127.0.0.1 that it was told to listen on.
 * @param log The file for what it writes.
 * @param args Its arguments, such that it stays in the foreground.
 * @throws Where it ends or does not listen within five minutes, with what it wrote.
 */
export const startServer = async (
  t: Ending,
  port: number,
  log: string,
  program: string,
  args: readonly string[],
): Promise<StartedServer> => {
  const file = openSync(log, 'w')
  const server = spawn(program, args, { env: cleanEnvironment(), stdio: ['ignore', file, file] })
  closeSync(file)
  const ended = new Promise<void>((resolve) => {
    server.on('exit', () => resolve())
    server.on('error', () => resolve())
  })
  const stop = (signal?: NodeJS.Signals): Promise<void> => {
    server.kill(signal)
    return ended
  }
  t.teardown(() => stop())
  for (let tries = 0; tries < 3000; tries += 1) {
    if (server.exitCode !== null) break
    if (await listens(port)) return { pid: server.pid ?? 0, stop }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${program} does not listen on port ${port}:\n${readFileSync(log, 'utf8')}`)
}
