/** What was found out of an index. */
export interface Verdict {
  /**
   * `up`: it can be used. `refuses`: something is there that does not let this build in: its credentials or its certificate
   * are at fault. `slow`: its server answers, but for its index it takes longer than there is time. `down`: nothing that
   * serves an index is there.
   */
  readonly state: 'up' | 'refuses' | 'slow' | 'down'
  /** What it answered, or what is wrong with it. */
  readonly reason: string
}
