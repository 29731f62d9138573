import { readFileSync } from 'node:fs'

/** A line of /proc/self/mountinfo, as far as it is needed here. */
export interface Mounted {
  /** Where it is mounted. */
  readonly target: string
  readonly isReadOnly: boolean
  /** Whether it is in no peer group and follows none. */
  readonly isPrivate: boolean
}

const unescapeOctal = (text: string): string =>
  Buffer.from(
    text.replace(/\\([0-7]{3})/g, (_match, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))),
    'latin1',
  ).toString('utf8')

/**
 * Reads the kernel's list of mounts (proc_pid_mountinfo(5)).
 *
 * @param text Its text; this process' own by default.
 * @returns The mounts in the kernel's order: of two at one path, the later is on top.
 */
export const parseMountinfo = (text = readFileSync('/proc/self/mountinfo', 'latin1')): readonly Mounted[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [, , , , target = '', options = '', ...rest] = line.split(' ')
      const tags = rest.slice(0, rest.indexOf('-'))
      return {
        target: unescapeOctal(target),
        isReadOnly: options.split(',').includes('ro'),
        isPrivate: !tags.some((tag) => /^(?:shared|master):/.test(tag)),
      }
    })
