import { execFile } from 'node:child_process'
import { ADDRCONFIG, type LookupAddress, promises } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { newOnce } from '../base/waiting.js'

type Ask = (host: string) => Promise<LookupAddress[]>

const shareAnswers = (ask: Ask, lifetimeMs?: number): LookupFunction => {
  const once = newOnce<LookupAddress[]>(lifetimeMs)
  return (host, { all }, callback) => {
    once(host, () => ask(host)).then(
      ([...addresses]) =>
        all ? callback(null, addresses) : callback(null, addresses[0]?.address ?? '', addresses[0]?.family),
      (error) => callback(error, []),
    )
  }
}

/**
 * Makes what looks up hosts as Node.js does when it connects, once for all connections of 5 s: uv makes 50 at a time. A name
 * server that loses one of as many questions keeps getaddrinfo(3) for 5 s, and with it a thread that files need.
 */
export const newSharedLookup = (): LookupFunction =>
  shareAnswers((host) => promises.lookup(host, { all: true, hints: ADDRCONFIG }), 5_000)

// The name is an argument: it holds no credentials.
const program = `require('dns').lookup(process.argv[1], { all: true },
  (error, addresses) => console.log(JSON.stringify(error ? error.code : addresses)))`

/**
 * Makes what looks up hosts as pip will, each in a process of its own: a name server that is silent keeps getaddrinfo(3) for
 * ten seconds and more, and no process can end while it waits.
 */
export const newLookup = ([command, ...args]: readonly [string, ...string[]], signal: AbortSignal): LookupFunction => {
  // RFC 6761, 6.3. An image need not have /etc/hosts.
  const local = ['127.0.0.1', '::1'].map((address) => ({ address, family: isIP(address) }))
  const ask: Ask = (host) =>
    new Promise((resolve, reject) => {
      if (host === 'localhost') return resolve(local)
      execFile(command, [...args, '-e', program, host], { signal, killSignal: 'SIGKILL' }, (error, output) => {
        const answer: LookupAddress[] | string = error ? 'ETIMEDOUT' : JSON.parse(output)
        if (typeof answer !== 'string') resolve(answer)
        else reject(Object.assign(new Error(answer), { code: answer, syscall: 'getaddrinfo' }))
      })
    })
  return shareAnswers(ask)
}
