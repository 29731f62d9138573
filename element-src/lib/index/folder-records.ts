import { join } from 'node:path'
import { textAt } from '../base/files.js'
import { fieldsOf, parseJson, textOf } from '../base/json.js'
import type { PageFile } from './page.js'
import { factsIn } from './read-page.js'

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
