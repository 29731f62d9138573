/** Signals that end a program, as a user, a terminal or a CI system sends them. */
const ending = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

/** Signals that are watched for instead of ending this process at once. */
export interface WatchedSignals {
  /** The first that came, or undefined where none has. */
  readonly received: () => string | undefined
  /** Lets them end the process again. */
  readonly ignore: () => void
}

/** Holds back the signals that would end this process in the midst of something that has to be undone then. */
export const watchForSignals = (): WatchedSignals => {
  let first: string | undefined
  const note = (signal: string): void => {
    first ??= signal
  }
  for (const signal of ending) process.on(signal, note)
  return {
    received: () => first,
    ignore: () => {
      for (const signal of ending) process.off(signal, note)
    },
  }
}
