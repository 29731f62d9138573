/** What is on its way of each server because an installer asked for it: what nobody asked for yet waits for that. */
export interface Traffic {
  /** Takes note that a file of a server is on its way; returns what is called once it has come. */
  readonly begin: (origin: string) => () => void
  /** Resolved when nothing is on its way from a server. */
  readonly whenNone: (origin: string) => Promise<void>
  readonly isNone: (origin: string) => boolean
}

/** Begins with nothing on its way. */
export const newTraffic = (): Traffic => {
  const counts = new Map<string, number>()
  const waiting = new Map<string, (() => void)[]>()
  const isNone = (origin: string): boolean => !counts.has(origin)
  return {
    isNone,
    begin: (origin) => {
      counts.set(origin, (counts.get(origin) ?? 0) + 1)
      let hasEnded = false
      return () => {
        if (hasEnded) return
        hasEnded = true
        const left = (counts.get(origin) ?? 1) - 1
        if (left > 0) counts.set(origin, left)
        else {
          counts.delete(origin)
          for (const resolve of waiting.get(origin) ?? []) resolve()
          waiting.delete(origin)
        }
      }
    },
    whenNone: (origin) =>
      new Promise((resolve) => {
        if (isNone(origin)) resolve()
        else waiting.set(origin, [...(waiting.get(origin) ?? []), resolve])
      }),
  }
}
