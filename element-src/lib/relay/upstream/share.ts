/** Has several who ask for the same thing at one time share one request for it. */
export type Share<Result> = (
  key: string,
  gone: AbortSignal,
  start: (signal: AbortSignal) => Promise<Result>,
) => Promise<Result>

/** After so long, in milliseconds, one who asks again is not to wait with the first: a retry has to be a new request. */
export const sharedFor = 5_000

/** Begins with nothing asked for; `tempo` multiplies its times. When all who wait for a request have gone, its signal says so. */
export const newShare = <Result>(tempo = 1): Share<Result> => {
  const running = new Map<string, { born: number; askers: number; over: AbortController; answer: Promise<Result> }>()
  return async (key, gone, start) => {
    const known = running.get(key)
    const isYoung = known !== undefined && !known.over.signal.aborted && Date.now() - known.born < sharedFor * tempo
    const over = new AbortController()
    const entry = isYoung ? known : { born: Date.now(), askers: 0, over, answer: start(over.signal) }
    running.set(key, entry)
    entry.askers += 1
    const leave = (): void => {
      entry.askers -= 1
      if (entry.askers === 0) entry.over.abort()
    }
    if (gone.aborted) leave()
    else gone.addEventListener('abort', leave)
    try {
      return await entry.answer
    } finally {
      gone.removeEventListener('abort', leave)
      if (running.get(key) === entry) running.delete(key)
    }
  }
}
