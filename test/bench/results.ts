import type { HooksCost } from '../support/observation/hooks-cost.js'
import type { Machine } from './machine.js'
import type { RelayCosts } from './relay/results.js'

/** A measured value: seconds, a lower bound of them where a time limit ended the program, or why there is none. */
export type Measured = { readonly seconds: number } | { readonly moreThan: number } | { readonly fault: string }

/** Where a hook's time goes: the medians of seconds of what starts as it does, and goes on a part further each. */
export interface HookParts {
  /** The hook, `<phase>.d/<name>`. */
  readonly hook: string
  /** A bare start of Node.js. */
  readonly bare: number
  /** The hook's lines of sh, with the Node.js that they start, and nothing for it to do. */
  readonly launcher: number
  /** The same with the hook's JavaScript, which is read, but does nothing. */
  readonly bundle: number
  /** The hook. */
  readonly whole: number
}

/** Which mirror stands before one that is good: none, or one that answers, refuses connections, or never answers. */
export type FirstMirror = 'none' | 'good' | 'refused' | 'silent'

/** What is measured against what. */
export type Variant = 'ours' | "dib's" | "dib's, no retries"

/** What an install costs an image build. */
export interface MirrorCost {
  readonly first: FirstMirror
  readonly variant: Variant
  /** How many packages pip installs. */
  readonly packages: number
  /** The element's hooks and pip together. */
  readonly total: Measured
  /** The part of it that is the hooks'; undefined where there is no total. */
  readonly hooks?: number
}

/** The layout of a folder of wheels: as `pip download` fills it, or as PEP 503 says. */
export type Layout = 'flat' | 'tree'

/** What an install from a large local mirror costs. */
export interface FolderCost {
  readonly files: number
  readonly layout: Layout
  readonly variant: Variant
  /** The program that installs, as the table names it. */
  readonly tool: string
  readonly install: Measured
}

/** What extra-data.d costs where the local mirror is a folder of wheels. */
export interface MountCost {
  readonly files: number
  readonly layout: Layout
  readonly seconds: number
}

/** What `make bench` measures; all numbers are medians. */
export interface Results {
  readonly machine: Machine
  /** How often each was measured. */
  readonly rounds: number
  readonly hooks: HooksCost
  readonly parts: readonly HookParts[]
  readonly mirrors: readonly MirrorCost[]
  /** The seconds at which pip is ended. */
  readonly limit: number
  readonly folders: readonly FolderCost[]
  readonly mounts: readonly MountCost[]
  /** The size of each hook and of the relay, in bytes. */
  readonly bundles: Readonly<Record<string, number>>
  /** The seconds of `make elements`. */
  readonly makeElements: number
  readonly relay: RelayCosts
  /** The seconds that all of it took. */
  readonly took: number
}
