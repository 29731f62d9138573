import { readdirSync, readFileSync } from 'node:fs'

/**
 * The most memory that a process and its children have had.
 *
 * @param pid The process.
 * @returns MB, of 2^20 bytes.
 */
export const peakMemory = (pid: number): number => {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  return children.reduce((all, child) => all + peakMemory(Number(child)), Number(kilobytes) / 1024)
}

/**
 * Finds the process that runs a program.
 *
 * @param program Its path, whole, which is among the arguments of no other process.
 * @throws Error where none does.
 */
export const processOf = (program: string): number => {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(program)
      } catch {
        return false
      }
    })
  if (found === undefined) throw new Error(`nothing runs ${program}`)
  return Number(found)
}
