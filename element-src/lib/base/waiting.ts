import { setMaxListeners } from 'node:events'

/** A signal that is given with another one, after so many milliseconds, or by `end`, which is called in each case: it takes timer and listener away. */
export const endable = (other?: AbortSignal, milliseconds?: number) => {
  const over = new AbortController()
  // Of more than ten who listen, as with six mirrors, Node.js warns in the build's log.
  setMaxListeners(0, over.signal)
  const end = (): void => {
    clearTimeout(timer)
    other?.removeEventListener('abort', end)
    over.abort()
  }
  const timer = milliseconds === undefined ? undefined : setTimeout(end, milliseconds)
  if (other?.aborted) end()
  else other?.addEventListener('abort', end)
  return { signal: over.signal, end }
}

/** Has all who ask by one key share one answer, which is good for so many milliseconds after it came, or for ever. What failed is asked again. */
export const newOnce = <Result>(lifetimeMs?: number) => {
  const answers = new Map<string, Promise<Result>>()
  return (key: string, ask: () => Promise<Result>): Promise<Result> => {
    const known = answers.get(key)
    if (known !== undefined) return known
    const answer = ask()
    const forget = (): boolean => answers.delete(key)
    answers.set(key, answer)
    answer.then(() => lifetimeMs !== undefined && setTimeout(forget, lifetimeMs).unref(), forget)
    return answer
  }
}
