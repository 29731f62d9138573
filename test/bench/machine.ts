import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { devpiPrograms, hostInstallers, nginxProgram, proxpiPrograms, smallRoot } from '../support/setup/fixtures.js'

/** What the numbers were measured on. It names no host. */
export interface Machine {
  /** The day, as ISO 8601 writes it. */
  readonly date: string
  /** The processor, how many of it, memory, kernel and distribution, in words. */
  readonly kind: string
  /** How many programs were at work on average in the minute before: on a quiet machine next to none. */
  readonly load: number
  /** Programs with their versions. */
  readonly versions: Readonly<Record<string, string>>
}

const output = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8' }).trim()

/** The version in a program's line about itself, as `pip 23.0.1 from ...`. */
const versionIn = (line: string): string => /[0-9]+(?:\.[0-9]+)+/.exec(line)?.[0] ?? 'unknown'

const distribution = (): string => {
  const [, name] = /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? []
  return name ?? 'a Linux without a name'
}

/**
 * Describes this machine, and its load at this moment.
 *
 * @param versions The programs that are measured on it, with their versions.
 */
export const describeMachine = (versions: Machine['versions']): Machine => ({
  date: new Date().toISOString().slice(0, 10),
  kind: [
    `${cpus().length} cores of ${cpus()[0]?.model ?? 'an unknown processor'}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Linux ${release()}`,
    distribution(),
  ].join(', '),
  load: loadavg()[0] ?? Number.NaN,
  versions,
})

/** The versions of what is measured. */
export const versions = async (): Promise<Machine['versions']> => {
  const { oldPip, newPip, uv } = await hostInstallers()
  const root = await smallRoot()
  return {
    'Node.js': process.versions.node,
    'diskimage-builder': versionIn(output('disk-image-create', '--version')),
    "the image's pip": versionIn(output('chroot', root, 'python3', '-m', 'pip', '--version')),
    'pip 23.3': versionIn(output('/usr/bin/python3', oldPip, '--version')),
    'the newest pip': versionIn(output('/usr/bin/python3', newPip, '--version')),
    uv: versionIn(output(uv, '--version')),
    'devpi-server': versionIn(output(join(await devpiPrograms(), 'devpi-server'), '--version')),
    proxpi: versionIn(output(join(await proxpiPrograms(), 'pip'), 'show', 'proxpi')),
    nginx: versionIn(output('sh', '-c', '"$0" -v 2>&1', await nginxProgram())),
  }
}
