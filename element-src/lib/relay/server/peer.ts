import { readdirSync, readlinkSync, statSync } from 'node:fs'
import type { Socket } from 'node:net'
import { endianness } from 'node:os'
import { statOf } from '../../base/build.js'
import { ifSeen, textAt } from '../../base/files.js'
import type { RelayConfig } from '../control.js'

/** The other end of a connection: the user and the inode of its socket. */
interface Peer {
  readonly uid: number
  readonly inode: string
}

/** An address of IPv4 as the kernel writes it: one number in the machine's own order of bytes. */
const written = (address = '', port = 0): string => {
  const bytes = Buffer.from(address.split('.').map(Number))
  if (endianness() === 'LE') bytes.reverse()
  return `${bytes.toString('hex')}:${port.toString(16).padStart(4, '0')}`.toUpperCase()
}

/**
 * Finds it in the kernel's tables (proc_pid_net(5); a socket of IPv6 can be connected to 127.0.0.1 as well).
 *
 * @returns Null if it has gone; undefined if the tables do not show our own end either, so that nothing follows.
 */
const peerOf = (
  { localAddress, localPort, remoteAddress, remotePort }: Socket,
  readTable: (name: 'tcp' | 'tcp6') => string,
): Peer | null | undefined => {
  const lineOf = (from: string, to: string): readonly string[] | undefined => {
    const line = new RegExp(`^ *\\d+: [0-9A-F]*${from} [0-9A-F]*${to} .*`, 'm')
    for (const name of ['tcp', 'tcp6'] as const) {
      const [found] = line.exec(readTable(name)) ?? []
      if (found !== undefined) return found.trim().split(/\s+/)
    }
    return undefined
  }
  const [ours, theirs] = [written(localAddress, localPort), written(remoteAddress, remotePort)]
  const line = lineOf(theirs, ours)
  if (line !== undefined) return line[9] === '0' ? null : { uid: Number(line[7]), inode: line[9] ?? '' }
  return lineOf(ours, theirs) === undefined ? undefined : null
}

/** The processes of a build: what disk-image-create started, and what runs in the image's root. */
const processesOf = ({ build, imageRoot }: Pick<RelayConfig, 'build' | 'imageRoot'>): readonly number[] => {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(statOf(Number(name))[1] ?? 0)] as const),
  )
  const root = ifSeen(() => statSync(imageRoot))
  const isInImage = (pid: number): boolean => {
    const own = ifSeen(() => statSync(`/proc/${pid}/root`))
    return root !== undefined && own?.ino === root.ino && own.dev === root.dev
  }
  const isBelow = (pid: number): boolean => {
    for (let at = pid; at > 1; at = parents.get(at) ?? 0) if (at === build.pid) return true
    return false
  }
  return [...parents.keys()].filter((pid) => isBelow(pid) || isInImage(pid))
}

/** Whether a process has the socket; if it cannot be looked into, whether it is of the same user. */
const has = (pid: number, { inode, uid }: Peer): boolean => {
  const folder = `/proc/${pid}/fd`
  const found = ifSeen(() => readdirSync(folder))
  if (found !== undefined)
    return found.some((n) => ifSeen(() => readlinkSync(`${folder}/${n}`)) === `socket:[${inode}]`)
  const status = textAt(`/proc/${pid}/status`)
  // Real, effective, saved, file system: the last is a new socket's.
  return status?.match(/^Uid:\t\d+\t\d+\t\d+\t(\d+)$/m)?.[1] === String(uid)
}

/**
 * Tells connections of a build from those of other users: what installers are told stands in their arguments, which every
 * user of the host can read. Root and the user who builds read all of a build anyway. Each connection is decided once, and
 * all that were there by then by one look at the kernel's tables: that takes 10 ms and more, and uv opens 50 at a time.
 */
export const newStrangers = (config: Pick<RelayConfig, 'build' | 'imageRoot'>) => {
  const known = new WeakMap<Socket, { readonly uid: number | 'gone' | undefined }>()
  /** How many looks there had been when a connection came. */
  const since = new WeakMap<Socket, number>()
  const tables = new Map<string, { readonly look: number; readonly text: string }>()
  let looks = 0
  const readTable = (name: string, after: number): string => {
    const old = tables.get(name)
    if (old !== undefined && old.look > after) return old.text
    looks += 1
    const text = textAt(`/proc/self/net/${name}`) ?? ''
    tables.set(name, { look: looks, text })
    return text
  }
  const decide = (socket: Socket): number | 'gone' | undefined => {
    const look = (after: number): ReturnType<typeof peerOf> => peerOf(socket, (name) => readTable(name, after))
    const peer = look(since.get(socket) ?? looks) ?? look(looks)
    if (peer === undefined) return undefined
    if (peer === null) return 'gone'
    if (peer.uid === 0 || peer.uid === process.getuid?.()) return undefined
    // Under hidepid (proc(5)) a user sees nobody else's processes.
    const isHidden = textAt('/proc/1/stat') === undefined
    return isHidden || processesOf(config).some((pid) => has(pid, peer)) ? undefined : peer.uid
  }
  return {
    /** Takes note of a connection as soon as it is there. */
    accepted: (socket: Socket): void => {
      since.set(socket, looks)
    },
    /** Who is at the other end of a connection that is not of this build; undefined if it is, or nothing tells. */
    at: (socket: Socket): number | 'gone' | undefined => {
      const { uid } = known.get(socket) ?? { uid: decide(socket) }
      known.set(socket, { uid })
      return uid
    },
  }
}
