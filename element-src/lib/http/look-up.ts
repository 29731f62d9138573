import { execFile } from 'node:child_process'
import type { LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'

// The name is an argument: it holds no credentials.
const program = `require('dns').lookup(process.argv[1], { all: true },
  (error, addresses) => console.log(JSON.stringify(error ? error.code : addresses)))`

/**
 * Makes what looks up hosts as pip will, each in a process of its own: a name server that is silent keeps getaddrinfo(3) for
 * ten seconds and more, and no process can end while it waits.
 */
export const newLookup = ([command, ...args]: readonly [string, ...string[]], signal: AbortSignal): LookupFunction => {
  const ask = (host: string): Promise<readonly LookupAddress[]> =>
    new Promise((resolve, reject) => {
      execFile(command, [...args, '-e', program, host], { signal, killSignal: 'SIGKILL' }, (error, output) => {
        const answer: readonly LookupAddress[] | string = error ? 'ETIMEDOUT' : JSON.parse(output)
        if (typeof answer !== 'string') resolve(answer)
        else reject(Object.assign(new Error(answer), { code: answer, syscall: 'getaddrinfo' }))
      })
    })
  // RFC 6761, 6.3. An image need not have /etc/hosts.
  const local = ['127.0.0.1', '::1'].map((address) => ({ address, family: isIP(address) }))
  const asked = new Map([['localhost', Promise.resolve<readonly LookupAddress[]>(local)]])
  return (host, { all }, callback) => {
    const asking = asked.get(host) ?? ask(host)
    asked.set(host, asking)
    asking.then(
      (addresses) =>
        all ? callback(null, [...addresses]) : callback(null, addresses[0]?.address ?? '', addresses[0]?.family),
      (error) => callback(error, []),
    )
  }
}
