import { randomBytes } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { setFlagsFromString } from 'node:v8'
import { watchBuild } from '../base/build.js'
import { errorMessage, UserError } from '../base/errors.js'
import { parseJson } from '../base/json.js'
import { newRelayLog, warn } from '../base/log.js'
import { findReachable } from '../probe/reachable.js'
import { type Index, indexAt } from '../settings/index-list.js'
import type { RelayAnswer, RelayConfig } from './control.js'
import { lockedIndex } from './lock.js'
import { openRelay } from './open-relay.js'
import { partOf } from './server/route.js'

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

const nowhere = '/proc/self/nowhere'

/**
 * Asks the indexes, from the host.
 *
 * @returns Those that answer, in pip's order, as installers know them, and those of them that the relay serves.
 * @throws UserError if an index is unusable and the build is to end on that.
 */
const chooseIndexes = async ({ indexes, environment, trustedHosts, unreachable, lock }: RelayConfig) => {
  const asked = { indexes: indexes.filter(({ absent }) => absent === undefined), trustedHosts, unreachable }
  const chosen = await findReachable(asked, environment, [process.execPath], 'host')
  // A folder of the image's own is nothing that the host can serve: installers are told of it as it is.
  const behind = chosen.filter(({ scheme, folder }) => scheme !== 'file' || folder !== undefined)
  if (lock !== undefined)
    for (const { label } of chosen.filter((index) => !behind.includes(index)))
      warn(`${label} is a folder of the image, or is not there: with DIB_PYPI_LOCK the relay does not ask it`)
  // One that is absent owns its projects all the same, and has none of them.
  const absent = indexes.filter((index) => index.absent !== undefined).map((index) => ({ ...index, folder: nowhere }))
  return { chosen, served: [...behind, ...absent] }
}

/**
 * Runs the relay from its first line to its end: reads the configuration, asks the indexes, listens, tells where, and serves
 * until the build has ended. Ends this process.
 */
export const runRelay = async (): Promise<void> => {
  // By default V8 lets a heap of this size grow to four times what is in use before it looks for what is not.
  setFlagsFromString('--heap-growing-percent=40')
  try {
    // Our own hook wrote it, so it needs no schema.
    const config = parseJson<RelayConfig>(await text(process.stdin))
    if (config === undefined) throw new Error('its configuration is not JSON')
    const secrets = { installers: newSecret(), control: newSecret() }
    const { chosen, served } = await chooseIndexes(config)
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
    const servedAs = (place: number, index: Index): Index =>
      indexAt(`${base}/${secrets.installers}/${partOf(place, index)}/simple`)
    const told = chosen.map((index) => {
      const { isOfficial, isFilled } = index
      const place = served.indexOf(index)
      return place < 0 ? index : { ...servedAs(place, index), isOfficial, ...(isFilled && { isFilled }) }
    })
    tellAndLetGo({
      control: `${base}/${secrets.control}/`,
      indexes: config.lock === undefined ? told : [servedAs(0, lockedIndex)],
    })
    await relay.ended
    process.exit(0)
  } catch (error) {
    tellAndLetGo(error instanceof UserError ? { refused: error.message } : { error: errorMessage(error) })
    process.exit(1)
  }
}
