import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Test } from 'tap'
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

/**
 * Starts a server, which is ended with the test, and waits until it listens.
 *
 * @param t The test.
 * @param port The port of 127.0.0.1 that it was told to listen on.
 * @param log The file for what it writes.
 * @param program Its path.
 * @param args Its arguments, such that it stays in the foreground.
 * @throws Where it ends or does not listen within 30 seconds, with what it wrote.
 */
export const startServer = async (
  t: Test,
  port: number,
  log: string,
  program: string,
  args: readonly string[],
): Promise<void> => {
  const file = openSync(log, 'w')
  const server = spawn(program, args, { env: cleanEnvironment(), stdio: ['ignore', file, file] })
  closeSync(file)
  const ended = new Promise<void>((resolve) => {
    server.on('exit', () => resolve())
    server.on('error', () => resolve())
  })
  t.teardown(() => {
    server.kill()
    return ended
  })
  for (let tries = 0; tries < 300; tries += 1) {
    if (server.exitCode !== null) break
    if (await listens(port)) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${program} does not listen on port ${port}:\n${readFileSync(log, 'utf8')}`)
}
