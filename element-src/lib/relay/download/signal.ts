/** Lets several readers wait for the next change. */
export interface Changes {
  /** Resolved at the next change. */
  readonly next: () => Promise<void>
  /** Tells all who wait. */
  readonly tell: () => void
}

/** Makes one without waiters. */
export const newChanges = (): Changes => {
  let waiting: (() => void)[] = []
  return {
    next: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
      }),
    tell: () => {
      const all = waiting
      waiting = []
      for (const resolve of all) resolve()
    },
  }
}
