import { spawnSync } from 'node:child_process'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { Environment } from '../../base/command.js'
import { UserError } from '../../base/errors.js'
import { readHostFile } from '../../base/files.js'
import { step } from '../../base/log.js'
import type { IndexCredentials } from '../index-list.js'
import type { MirrorSection } from './section-schema.js'

/** The variable by which launcher/hand-over-environment.sh hands over the environment that it was called with. */
export const callerVariable = 'PYPI_CALLER_ENVIRONMENT'

/**
 * The whole environment of the build's caller, for the commands and variables of passwords alone. Node.js itself is started
 * with what the hook reads, so that no NODE_OPTIONS or LD_PRELOAD reaches it.
 *
 * @param copy The value of that variable, a copy of /proc/PID/environ (proc_pid_environ(5)) in base64: values of several lines and functions that bash exported are in it as they are.
 * @returns The variables. One that is not UTF-8 is left out, since Node.js could not hand it on as it is.
 */
export const callerEnvironment = (copy: string): Environment =>
  Object.fromEntries(
    Buffer.from(copy, 'base64')
      .toString('utf8')
      .split('\0')
      .flatMap((entry) => {
        const end = entry.indexOf('=')
        return end > 0 && !entry.includes('\ufffd') ? [[entry.slice(0, end), entry.slice(end + 1)]] : []
      }),
  )

/** Reads a file that a section names, if it does: absolute, below `~/`, or from the folder of the mirrors file. */
const readNamed = (
  { values, place }: MirrorSection,
  key: 'password-file' | 'ca' | 'client-cert' | 'client-key',
  mirrorsFile: string,
) => {
  const named = values[key]
  if (named === undefined) return undefined
  const path = named.startsWith('~/') ? join(homedir(), named.slice(2)) : resolve(dirname(mirrorsFile), named)
  return readHostFile(path, `${place(key)} is`)
}

/** How long a command for a password may take, in milliseconds. */
const patience = 120_000

/**
 * Runs a command for a password, on the host, as the user, by sh. What it writes to standard error is not shown, since a
 * password could be in it.
 *
 * @param place Begins the message.
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

/** Gets the credentials of a section, if it names a password, and refuses it if there is none to get; never with what was read. */
export const getCredentials = (
  section: MirrorSection,
  mirrorsFile: string,
  caller: Environment,
  warn: (warning: string) => void,
): IndexCredentials | undefined => {
  const { username = '', 'password-env': variable, 'password-command': command } = section.values
  /** The first line is the password, as the command `pass` writes it; what follows are notes of the user's. */
  const checked = (key: keyof typeof section.values, text: string, ifEmpty: string): IndexCredentials => {
    const password = /^[^\r\n]*/.exec(text)?.[0] ?? ''
    if (password === '') section.refuse(key, ifEmpty)
    if (/[\p{Cc}\ufffd]/u.test(password))
      section.refuse(key, 'gives a password with a control character or bytes that are not UTF-8: check what it is')
    return { username, password, key }
  }
  const file = readNamed(section, 'password-file', mirrorsFile)
  if (file !== undefined) {
    const { path, text, isOpen } = file
    if (isOpen) warn(`${path} holds a password, and every user of this host can read it: chmod o-r ${path}`)
    return checked('password-file', text, `is ${path}, whose first line is empty: write the password there`)
  }
  if (variable !== undefined) {
    const missing = `names ${variable}, which is not set in the environment of disk-image-create: export it`
    return checked('password-env', caller[variable] ?? '', missing)
  }
  if (command === undefined) return undefined
  const output = runCommand(command, section.place('password-command'), caller)
  return checked('password-command', output, 'writes no password: its output must begin with it')
}

const certificate = /^-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/m
const key = /^-----BEGIN (?!ENCRYPTED)(?:[A-Z]+ )?PRIVATE KEY-----\r?\n(?!Proc-Type: 4,ENCRYPTED)/m

/** Whether OpenSSL, which the relay uses, can read them, and the key is that of the certificate. */
const isUsable = (files: { readonly cert: string; readonly key: string }): boolean => {
  try {
    createSecureContext(files)
    return true
  } catch {
    return false
  }
}

/** Reads the PEM files of a section (RFC 7468), and refuses one that cannot be read or is unusable. */
export const readPemFiles = (section: MirrorSection, mirrorsFile: string) => {
  const read = (name: 'ca' | 'client-cert' | 'client-key', what: string, label: RegExp): string | undefined => {
    const file = readNamed(section, name, mirrorsFile)
    if (file !== undefined && !label.test(file.text))
      section.refuse(name, `is ${file.path}, which holds no ${what} in PEM: name such a file`)
    return file?.text
  }
  const ca = read('ca', 'certificate', certificate)
  const clientCert = read('client-cert', 'certificate', certificate)
  const clientKey = read('client-key', 'private key without a passphrase', key)
  if (clientCert !== undefined && clientKey === undefined && !key.test(clientCert))
    section.refuse('client-cert', 'holds no private key without a passphrase: name the file of its key in client-key')
  if (clientCert !== undefined && !isUsable({ cert: clientCert, key: clientKey ?? clientCert }))
    section.refuse('client-cert', 'and its private key do not belong together: name those that do')
  return { ca, clientCert, clientKey }
}
