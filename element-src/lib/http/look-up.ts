import { spawn } from 'node:child_process'
import { isIP } from 'node:net'

/** An address of a host. */
export interface Address {
  readonly address: string
  readonly family: number
}

/** Looks up a host's addresses; rejected with an error whose `code` is that of getaddrinfo(3). */
export type LookUp = (host: string) => Promise<readonly Address[]>

// One line for each name as soon as it is known. The names are arguments: they hold no credentials.
const program = `for (const name of process.argv.slice(1)) require('dns').lookup(name, { all: true },
  (error, addresses) => console.log(JSON.stringify([name, error ? error.code : addresses])))`

const knownAddresses = (host: string): readonly Address[] | undefined => {
  if (isIP(host) > 0) return [{ address: host, family: isIP(host) }]
  // RFC 6761, 6.3. An image need not have /etc/hosts.
  return host === 'localhost' ? ['127.0.0.1', '::1'].map((address) => ({ address, family: isIP(address) })) : undefined
}

/**
 * Starts to look up hosts, as pip will, in a process of its own: a name server that is silent keeps getaddrinfo(3) for ten
 * seconds and more, and no process can end while it waits.
 *
 * @param node The command that runs Node.js.
 * @param hosts The hosts: names or addresses.
 * @param signal When it is over.
 * @returns Looks up one of them, or another, for which it starts a process again.
 */
export const lookUpAll = (
  node: readonly [string, ...string[]],
  hosts: readonly string[],
  signal: AbortSignal,
): LookUp => {
  const found = new Map<string, readonly Address[] | string>()
  const started = new Set<string>()
  const waiting = new Set<() => void>()
  const tell = (): void => {
    for (const look of waiting) look()
  }
  const start = (names: readonly string[]): void => {
    for (const name of names) started.add(name)
    const end = (): void => {
      for (const name of names) if (!found.has(name)) found.set(name, 'ETIMEDOUT')
      tell()
    }
    if (signal.aborted) {
      end()
      return
    }
    const [command, ...args] = node
    const child = spawn(command, [...args, '-e', program, ...names], { stdio: ['ignore', 'pipe', 'ignore'] })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      const lines = (text + more).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        const [name, answer] = JSON.parse(line) as [string, readonly Address[] | string]
        found.set(name, answer)
      }
      tell()
    })
    child.on('error', end).on('close', end)
    signal.addEventListener('abort', () => {
      child.kill('SIGKILL')
      end()
    })
  }
  const names = [...new Set(hosts)].filter((host) => knownAddresses(host) === undefined)
  if (names.length > 0) start(names)
  return (host) =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const answer = knownAddresses(host) ?? found.get(host)
        if (answer === undefined) return
        waiting.delete(look)
        if (typeof answer === 'string')
          reject(Object.assign(new Error(answer), { code: answer, syscall: 'getaddrinfo' }))
        else resolve(answer)
      }
      waiting.add(look)
      if (knownAddresses(host) === undefined && !started.has(host)) start([host])
      look()
    })
}
