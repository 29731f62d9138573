import { spawnSync } from 'node:child_process'
import type { Environment } from '../../base/command.js'
import { UserError } from '../../base/errors.js'
import { step } from '../../base/log.js'
import { pathOf, readHostFile } from './host-file.js'
import type { MirrorSection } from './sections.js'

/** How long a command for a password may take, in milliseconds. */
const patience = 120_000

/** A password, and what the user should know of where it comes from. */
export interface Password {
  readonly password: string
  readonly warnings: readonly string[]
}

/** The first line, as the command `pass` writes a password; what follows are notes of the user's. */
const firstLine = (text: string): string => /^[^\r\n]*/.exec(text)?.[0] ?? ''

/**
 * Runs a command for a password, on the host, as the user, by sh. What it writes to standard error is not shown, since a
 * password could be in it.
 *
 * @param place Begins the message.
 * @param caller The environment of the build's caller.
 * @returns What it wrote to standard output.
 * @throws UserError if it fails: with its exit status, not with what it wrote.
 */
const runCommand = (command: string, place: string, caller: Environment): string => {
  step(`${place} runs`)
  const { error, status, signal, stdout } = spawnSync('/bin/sh', ['-c', command], {
    encoding: 'utf8',
    env: { ...caller },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: patience,
  })
  if (status === 0) return stdout
  const why =
    status === null
      ? error === undefined
        ? `was ended by ${signal}`
        : `did not end within ${patience / 1000} seconds`
      : `failed with exit status ${status}`
  throw new UserError(`${place} ${why}: run it by sh -c in your shell, where it shows what is wrong`)
}

/**
 * Gets the password of a section, if it has one.
 *
 * @param caller The environment of the build's caller.
 * @throws UserError if there is none to get: file, line and key, never what was read.
 */
export const getPassword = (
  { values, place }: MirrorSection,
  mirrorsFile: string,
  caller: Environment,
): Password | undefined => {
  const checked = (key: 'password-file' | 'password-env' | 'password-command', text: string, what: string): string => {
    const password = firstLine(text)
    if (password === '') throw new UserError(`${place(key)} ${what}`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
    if (/[\u0000-\u001f\u007f\ufffd]/.test(password)) {
      throw new UserError(
        `${place(key)} gives a password with a control character or bytes that are not UTF-8: check what it is`,
      )
    }
    return password
  }
  const { 'password-file': file, 'password-env': variable, 'password-command': command } = values
  if (file !== undefined) {
    const { path, text, isOpen } = readHostFile(pathOf(file, mirrorsFile), `${place('password-file')} is`)
    return {
      password: checked('password-file', text, `is ${path}, whose first line is empty: write the password there`),
      warnings: isOpen ? [`${path} holds a password, and every user of this host can read it: chmod o-r ${path}`] : [],
    }
  }
  if (variable !== undefined) {
    const missing = `names ${variable}, which is not set in the environment of disk-image-create: export it`
    return { password: checked('password-env', caller[variable] ?? '', missing), warnings: [] }
  }
  if (command === undefined) return undefined
  const output = runCommand(command, place('password-command'), caller)
  return {
    password: checked('password-command', output, 'writes no password: its output must begin with it'),
    warnings: [],
  }
}
