import type { Machine } from '../machine.js'

/** What stands between pip and the index: nothing, the relay, or an engine that others have made. */
export type Between = 'nothing' | 'the relay' | 'devpi-server' | 'proxpi' | 'nginx as a cache'

/** One round: an empty cache is filled, and used again. */
export interface Round {
  /** The seconds of pip the first time. */
  readonly cold: number
  /**
   * The seconds of pip the second time: through the engine that is filled. With the relay it is an offline build's, from
   * the folder that was filled, by the index that the element makes of it. With nothing between it is the first.
   */
  readonly second: number
  /** The seconds from the engine's start until it listens. */
  readonly start?: number
  /** The most memory that the engine has had, in MB of 2^20 bytes. */
  readonly memory?: number
}

/** What was between, in each of the rounds. */
export interface Contestant {
  readonly between: Between
  readonly rounds: readonly Round[]
}

/** Packages at a distance. */
export interface PackageSet {
  /** What is downloaded, from where, in words. */
  readonly name: string
  readonly files: number
  readonly megabytes: number
  readonly contestants: readonly Contestant[]
}

/** What the relay costs, beside others. */
export interface RelayCosts {
  readonly machine: Machine
  /** The machine's load when it had been measured. */
  readonly loadAfter: number
  readonly sets: readonly PackageSet[]
  /** Why a set is not there. */
  readonly missing: readonly string[]
  /** Medians of seconds: from the relay's start until it has said where it listens, and of a bare start of Node.js. */
  readonly start: { readonly relay: number; readonly bare: number }
  /** One large file through the relay, into the folder. */
  readonly large: { readonly gigabytes: number; readonly memory: number; readonly seconds: number }
  /** The seconds that all of it took. */
  readonly took: number
}
