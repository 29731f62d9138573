import { setMaxListeners } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errorMessage } from '../base/errors.js'
import { newRelayLog } from '../base/log.js'
import { HttpError } from '../http/http-error.js'
import type { PageFile } from '../index/page.js'
import { newLookAhead } from './ahead/look-ahead.js'
import { newArrivals } from './arrivals.js'
import type { RelayConfig, RelayStatus } from './control.js'
import { openLock } from './lock.js'
import { newRemembered } from './remembered.js'
import { openIndexes } from './served-index.js'
import { newStrangers } from './server/peer.js'
import { type Call, notFound, refuse, send } from './server/reply.js'
import { type Route, routeOf, type Secrets } from './server/route.js'
import { serveFile, servePage, serveRoot } from './server/serve.js'
import { openMirrorFolder } from './store/mirror-folder.js'
import type { Shared } from './upstream/source.js'

/** For so long, in milliseconds, its end waits for what is still to be written. */
const lastWrites = 10_000

/** An installer that has waited for so long, in milliseconds, leaves a server that is silent. */
const longWait = 10_000

const loopback = /^(?:127\.[\d.]+|localhost|0\.0\.0\.0|\[::1?\])$/i

/** Says for each link of a page whether it may be followed: most are to one server. */
const newMayFetch = (ownPort: () => number): ((file: PageFile) => boolean) => {
  const origins = newRemembered<boolean>(1000)
  return ({ url }) => {
    const origin = /^[^/]*\/\/[^/]*/.exec(url)?.[0] ?? ''
    const known = origins.get(origin)
    if (known !== undefined) return known
    const { protocol, hostname, port } = new URL(url)
    const may = /^https?:$/.test(protocol) && !(loopback.test(hostname) && port === String(ownPort()))
    origins.set(origin, may)
    return may
  }
}

/** A request, and what servers are told of who asks. */
const callOf = (request: IncomingMessage, response: ServerResponse): Call => {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const agent = request.headers['user-agent']
  return {
    request,
    response,
    asker: { headers: agent === undefined ? {} : { 'User-Agent': agent }, gone: gone.signal },
  }
}

/**
 * Opens the relay.
 *
 * @returns The relay, once it listens; rejected with the system's error if it cannot, or the folder cannot be used.
 */
export const openRelay = async (config: RelayConfig, secrets: Secrets) => {
  const log = newRelayLog(config.logFile)
  const over = new AbortController()
  // Each download listens, and Node.js takes more than 10 for a leak.
  setMaxListeners(0, over.signal)
  const { fill, lock, tempo = 1 } = config
  const mirror = fill === undefined ? undefined : openMirrorFolder(fill, log)
  const arrivals = config.receipt || lock !== undefined ? newArrivals(lock) : undefined
  const strangers = newStrangers(config)
  let port = 0
  const mayFetch = newMayFetch(() => port)
  const shared: Shared = { config, log, signal: over.signal, tempo, down: new Map(), mayFetch }
  const indexes = openIndexes(shared, mirror, arrivals)
  const failure = (): string | undefined => (config.unreachable === 'fail' ? [...shared.down.values()][0] : undefined)

  const locked = lock && (await openLock(lock, indexes, shared))
  // Under a lock no index is asked for a page before a file is.
  const ahead = config.ahead === false || locked !== undefined ? undefined : newLookAhead(indexes, over.signal)

  const status = (): RelayStatus => ({
    kept: mirror?.keptLine(),
    failure: failure(),
    arrivals: config.receipt ? (arrivals?.all() ?? []) : [],
  })

  let onEnded = (): void => undefined
  const ended = new Promise<void>((resolve) => {
    onEnded = resolve
  })
  const writeAll = async (): Promise<RelayStatus> => {
    over.abort()
    const flushed = Promise.all(indexes.map(({ downloads }) => downloads?.flush())).then(() => mirror?.flush())
    await Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, lastWrites).unref())])
    return status()
  }
  let ending: Promise<RelayStatus> | undefined
  const end = (): Promise<RelayStatus> => {
    ending ??= writeAll()
    return ending
  }

  const control = async (call: Call): Promise<void> => {
    const isEnd = call.request.method === 'POST'
    if (isEnd) call.response.on('close', onEnded)
    const headers = { 'Content-Type': 'application/json', Connection: 'close' }
    send(call, { status: 200, headers }, JSON.stringify(isEnd ? await end() : status()))
  }

  const handle = async (call: Call, route: Route): Promise<void> => {
    if (route.kind === 'control') return control(call)
    const { request, response } = call
    const user = strangers.at(request.socket)
    if (typeof user === 'number')
      log.once(
        `a process of user ${user} that is not of this build asked for packages: the relay closes its connections`,
      )
    if (user !== undefined) {
      response.destroy()
      return
    }
    const index = indexes[route.index]
    const source = (locked ?? index)?.source
    if (source === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return notFound(call)
    const cause = failure()
    if (cause !== undefined) return refuse(call, cause)
    if (route.kind !== 'file' && !route.hasSlash)
      return send(call, { status: 301, headers: { Location: `${request.url?.replace(/\?.*/, '')}/` } })
    if (route.kind === 'root') return serveRoot(call, source)
    if (locked !== undefined)
      return route.kind === 'file' ? locked.serve(call, route) : servePage(call, route.project, source)
    if (index === undefined || !index.isAsked(route.project)) return notFound(call)
    if (route.kind === 'file') {
      ahead?.asked(index, route, call)
      return serveFile(call, index, route)
    }
    const began = Date.now()
    response.on('close', () => {
      if (!response.headersSent && Date.now() - began >= longWait * tempo) index.onLeft(Date.now() - began)
    })
    await servePage(call, route.project, source)
  }

  const answer = async (call: Call): Promise<void> => {
    const { request, response } = call
    const route = routeOf(request.url ?? '', secrets)
    try {
      if (route === undefined) notFound(call)
      else await handle(call, route)
    } catch (error) {
      // As a server did that cannot be reached: installers try again.
      if (response.headersSent || response.destroyed || error instanceof HttpError) {
        response.destroy()
        return
      }
      log.warn(`the relay could not answer a request: ${errorMessage(error)}`)
      refuse(call, `the relay could not answer: ${errorMessage(error)}`)
    }
  }

  // Longer than pip and uv keep a connection, so that none is closed at the moment in which it is used again.
  const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, (request, response) => {
    request.on('error', () => undefined).resume()
    response.on('error', () => undefined)
    answer(callOf(request, response))
  })
  server.on('connection', strangers.accepted)
  server.on('clientError', (_error, socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject).listen(0, '127.0.0.1', 1024, resolve)
  })
  port = (server.address() as AddressInfo).port
  ended.then(() => {
    server.close()
    // Node.js 18.2 and later.
    server.closeAllConnections?.()
  })
  return {
    port,
    ended,
    /** Ends it: what is on its way is given up, what has come whole is written. */
    end: async (): Promise<RelayStatus> => {
      const told = await end()
      if (told.kept !== undefined) log.info(told.kept)
      onEnded()
      return told
    },
  }
}
