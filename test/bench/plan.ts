/** How much is measured. */
export interface Plan {
  /** How often each is measured; the median counts. */
  readonly rounds: number
  /** How often each part of the hooks' time is measured, which are milliseconds, and quickly done. */
  readonly partRounds: number
  /** The numbers of packages that pip installs past a dead mirror. */
  readonly packages: readonly number[]
  /** The seconds past which an install is measured beside others, since it waits rather than works. */
  readonly waits: number
  /** The seconds at which it is ended. */
  readonly limit: number
  /** The seconds between the starts of those that are measured beside others. */
  readonly apart: number
  /** How often each is installed from a large folder in each round: it takes tenths of a second. */
  readonly repeats: number
  /** How many wheels are in the folders that are installed from. */
  readonly folders: readonly number[]
  /** How many are in the folder that is mounted alone. */
  readonly largest: number
  /** How often each set of packages is downloaded directly and through the relay. */
  readonly engineRounds: number
  /** How often of these through other engines, of which one takes 20 s to start. */
  readonly peerRounds: number
  /** Whether other engines are measured beside the relay, and packages of an index: minutes, and programs of their own. */
  readonly hasPeers: boolean
  /** The size of the file that goes through the relay, in 2^30 bytes. */
  readonly gigabytes: number
}

/** What docs/bench.md is made from. */
export const fullPlan: Plan = {
  rounds: 5,
  partRounds: 15,
  packages: [1, 5, 20],
  waits: 5,
  // dib's own takes 97 s for a package past a silent mirror, and 20 times that for 20.
  limit: 120,
  // Their starts are work, and not to disturb each other's.
  apart: 1,
  repeats: 3,
  folders: [10, 1000, 10_000],
  largest: 100_000,
  engineRounds: 3,
  peerRounds: 1,
  hasPeers: true,
  gigabytes: 2,
}

/** Enough to see that each measurement works; the numbers say little. */
export const quickPlan: Plan = {
  rounds: 1,
  partRounds: 1,
  packages: [1],
  waits: 1.5,
  limit: 6,
  apart: 0.2,
  repeats: 1,
  folders: [10],
  largest: 100,
  engineRounds: 1,
  peerRounds: 1,
  hasPeers: false,
  gigabytes: 0.125,
}
