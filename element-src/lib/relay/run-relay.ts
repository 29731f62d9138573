import { randomBytes } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { watchBuild } from '../base/build.js'
import { errorMessage, UserError } from '../base/errors.js'
import { chooseIndexes } from './choose-indexes.js'
import type { RelayAnswer, RelayConfig } from './config.js'
import { openRelay } from './open-relay.js'
import { newRelayLog } from './relay-log.js'
import { partOf } from './server/route.js'

/** Our own hook wrote it, so it needs no schema. */
const readConfig = async (): Promise<RelayConfig> => {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as RelayConfig
  } catch {
    // The parser's own message quotes what it read, in which credentials are.
    throw new Error('its configuration is not JSON')
  }
}

/** Writes the one line, and closes the pipes to the process that started this one. */
const tellAndLetGo = (answer: RelayAnswer): void => {
  writeSync(1, `${JSON.stringify(answer)}\n`)
  for (const descriptor of [0, 1, 2]) {
    closeSync(descriptor)
    // open(2) takes the lowest free number, so later output of Node.js goes nowhere, and into no file of ours.
    openSync('/dev/null', 'r+')
  }
}

const newSecret = (): string => randomBytes(18).toString('base64url')

/**
 * Runs the relay from its first line to its end: reads the configuration, asks the indexes, listens, tells where, and serves
 * until the build has ended. Ends this process.
 */
export const runRelay = async (): Promise<void> => {
  // By default V8 lets a heap of this size grow to four times what is in use before it looks for what is not.
  setFlagsFromString('--heap-growing-percent=40')
  try {
    const config = await readConfig()
    const secrets = { installers: newSecret(), control: newSecret() }
    const { served, told } = await chooseIndexes(config)
    const relay = await openRelay({ ...config, indexes: served, named: config.indexes }, secrets)
    const end = (): void => {
      relay.end()
    }
    // Before its address is known, and something could end it.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end)
    watchBuild(config.build, end)
    // An error of the relay fails one request, not the build.
    process.on('uncaughtException', (error) => {
      newRelayLog(config.logFile).warn(`the relay goes on after a fault of its own: ${errorMessage(error)}`)
    })
    const base = `http://127.0.0.1:${relay.port}`
    tellAndLetGo({
      control: `${base}/${secrets.control}/`,
      indexes: told((place, index) => `${base}/${secrets.installers}/${partOf(place, index)}/simple`),
    })
    await relay.ended
    process.exit(0)
  } catch (error) {
    tellAndLetGo(error instanceof UserError ? { refused: error.message } : { error: errorMessage(error) })
    process.exit(1)
  }
}
