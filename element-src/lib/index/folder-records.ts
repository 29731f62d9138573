import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  fsync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { errorCode, ignoreErrors } from '../base/errors.js'
import { textAt } from '../base/files.js'
import { fieldsOf, parseJson, textOf } from '../base/json.js'
import type { PageFile } from './page.js'
import { factsIn } from './read-page.js'
import { fileAsJson } from './render.js'

/** The hashes of a folder's files, as sha256sum(1) writes and checks them. */
export const sumsFile = 'SHA256SUMS'

/** What the pages of indexes said of files that a build kept: a line of JSON for each, as PEP 691 describes a file. */
export const factsFile = 'pypi-files.jsonl'

const readLines = (path: string): readonly string[] =>
  textAt(path, 'utf8')
    ?.replace(/^\ufeff/, '')
    .split('\n') ?? []

/**
 * Reads SHA256SUMS in each form that `sha256sum --check` takes, and with capitals, CRLF or a byte order mark.
 *
 * @returns The hashes in small hexadecimal digits, by the names of files, and the numbers of lines that are not understood.
 */
export const readSums = (folder: string) => {
  const hashes = new Map<string, string>()
  const odd: number[] = []
  const lines = readLines(join(folder, sumsFile))
  lines.forEach((whole, i) => {
    const line = whole.replace(/^[ \t]+|\r$/g, '')
    if (line === '' || line.startsWith('#')) return
    const [, digits, name] = /^\\?([0-9a-f]{64}) [ *]?(.+)$/i.exec(line) ?? []
    const [, taggedName, taggedDigits] = /^\\?SHA256 ?\((.+)\) ?= ?([0-9a-f]{64})$/i.exec(line) ?? []
    const file = name ?? taggedName
    if (file !== undefined) hashes.set(file.replace(/^(?:\.\/+)+/, ''), (digits ?? taggedDigits ?? '').toLowerCase())
    // One that is being written has no end yet.
    else if (i < lines.length - 1) odd.push(i + 1)
  })
  return { hashes, odd }
}

/** What is known of a folder's files besides their names, by these. */
export const readFacts = (folder: string): ReadonlyMap<string, Omit<PageFile, 'url'>> => {
  const facts = new Map<string, Omit<PageFile, 'url'>>()
  for (const line of readLines(join(folder, factsFile))) {
    // The last line of one that is being written is not JSON.
    const entry = fieldsOf(parseJson(line))
    const fact = factsIn(entry)
    if (fact === undefined) continue
    const origin = textOf(entry['_origin'])
    const old = facts.get(fact.name)
    const known = old?.hashes['sha256'] === fact.hashes['sha256'] ? old : undefined
    const origins = [...(known?.origins ?? []), ...(origin === undefined ? [] : [origin])]
    facts.set(fact.name, {
      ...fact,
      // What was kept of one index another may have as well, and say less of.
      requiresPython: fact.requiresPython ?? known?.requiresPython,
      uploadTime: fact.uploadTime ?? known?.uploadTime,
      origins: origins.length > 0 ? origins : undefined,
    })
  }
  return facts
}

/** The line of a file in pypi-files.jsonl; a key that begins with `_` is private (PEP 691). */
export const factsLine = (file: PageFile, sha256: string, origin: string | undefined): string =>
  JSON.stringify({
    ...fileAsJson({ ...file, hashes: { sha256 }, fragment: undefined, coreMetadata: undefined }, undefined),
    _origin: origin,
  })

const flush = promisify(fsync)

const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW

// A folder's owner may fill it although root made the file: a copy of its own takes its place.
const openToAppend = (path: string): number => {
  try {
    return openSync(path, flags, 0o666)
  } catch (error) {
    if (errorCode(error) !== 'EACCES') throw error
    const own = `${path}.${process.pid}-${Date.now()}`
    copyFileSync(path, own, constants.COPYFILE_EXCL)
    chmodSync(own, 0o666 & ~process.umask())
    renameSync(own, path)
    return openSync(path, flags)
  }
}

/**
 * Adds lines to a file of a folder. No lock is needed, none can be left behind, and no line of others is touched: they are
 * appended by one write, which Linux does not mix with another. (Over NFS two may meet: who adds lines looks for them again.)
 *
 * @returns Resolved when they are on the disk, rejected with the system's error. Others see them when this returns.
 */
export const appendLines = async (folder: string, name: string, lines: readonly string[]): Promise<void> => {
  const path = join(folder, name)
  const there = ignoreErrors(['ENOENT'], () => lstatSync(path))
  // Root may fill a folder of another user.
  if (there?.isSymbolicLink()) throw new Error(`${name} is a symbolic link: replace it with a file`)
  if (there?.isFile() === false) return
  const descriptor = openToAppend(path)
  try {
    const { size } = fstatSync(descriptor)
    const last = Buffer.from('\n')
    if (size > 0) readSync(descriptor, last, 0, 1, size - 1)
    const text = Buffer.from([...(last.toString() === '\n' ? [] : ['']), ...lines, ''].join('\n'))
    if (writeSync(descriptor, text) < text.length) {
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    }
    // Not at once, as the rest: a disk takes milliseconds for it.
    await flush(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
