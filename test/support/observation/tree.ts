import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { project } from '../../../build/project.js'

/** An entry of a tree, as tree.py describes it. */
export interface TreeEntry {
  readonly type: number
  readonly mode: string
  readonly owner: readonly [number, number]
  /** Modification time, in nanoseconds since 1970, as near as JSON's numbers get. */
  readonly time: string
  readonly attributes: Readonly<Record<string, string>>
  readonly content?: string | number
  /** Of a file: whether it is immutable, and the like. */
  readonly flags?: number
}

/** A tree: its entries by their paths. */
export type Tree = Readonly<Record<string, TreeEntry>>

/** Times stay strings: a number would lose nanoseconds. */
const parse = (json: string): unknown => JSON.parse(json.replace(/"time": (-?[0-9]+)/g, '"time": "$1"'))

/** Reads what tree.py wrote of one tree. */
export const parseTree = (json: string): Tree => parse(json) as Tree

/** The same of an overlay's, before and after. */
export const parseTrees = (json: string): readonly [Tree, Tree] => parse(json) as readonly [Tree, Tree]

/** What differs between two trees, a line each: `/root: time`, `/etc/x: only in the first`. */
export const differences = (first: Tree, second: Tree): readonly string[] =>
  [...new Set([...Object.keys(first), ...Object.keys(second)])].sort().flatMap((path) => {
    const [a, b] = [first[path], second[path]]
    if (a === undefined || b === undefined) return [`${path}: only in the ${a === undefined ? 'second' : 'first'}`]
    const fields = ['type', 'mode', 'owner', 'time', 'attributes', 'content', 'flags'] as const
    return fields
      .filter((field) => JSON.stringify(a[field]) !== JSON.stringify(b[field]))
      .map((field) => `${path}: ${field}`)
  })

/** Every entry of a tree on this machine. */
export const readTree = (folder: string): Tree =>
  parseTree(
    execFileSync('python3', [join(project, 'test', 'support', 'observation', 'tree.py'), folder], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    }),
  )
