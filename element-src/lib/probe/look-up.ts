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
 */
export const lookUpAll = (
  node: readonly [string, ...string[]],
  hosts: readonly string[],
  signal: AbortSignal,
): LookUp => {
  const names = [...new Set(hosts)].filter((host) => knownAddresses(host) === undefined)
  const found = new Map<string, readonly Address[] | string>()
  const waiting = new Set<() => void>()
  let hasEnded = names.length === 0
  if (!hasEnded) {
    const [command, ...args] = node
    const child = spawn(command, [...args, '-e', program, ...names], { stdio: ['ignore', 'pipe', 'ignore'] })
    const tell = (): void => {
      for (const look of waiting) look()
    }
    const end = (): void => {
      hasEnded = true
      tell()
    }
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
  return (host) =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const answer = knownAddresses(host) ?? found.get(host) ?? (hasEnded ? 'ETIMEDOUT' : undefined)
        if (answer === undefined) return
        waiting.delete(look)
        if (typeof answer === 'string')
          reject(Object.assign(new Error(answer), { code: answer, syscall: 'getaddrinfo' }))
        else resolve(answer)
      }
      waiting.add(look)
      look()
    })
}
