import type { Measured } from './results.js'

/** Readable seconds, to about three digits: `0.42`, `15.3`, `97`. */
export const inSeconds = (seconds: number): string => seconds.toFixed(seconds < 10 ? 2 : seconds < 60 ? 1 : 0)

/** Seconds in whole milliseconds. */
export const inMilliseconds = (seconds: number): string => String(Math.round(seconds * 1000))

/** A readable ratio. */
export const times = (ratio: number): string => ratio.toFixed(2)

/** A measured value in a cell of a table. */
export const inCell = (measured: Measured | undefined): string => {
  if (measured === undefined) return ''
  if ('seconds' in measured) return inSeconds(measured.seconds)
  // Rounded, a bound could be more than what is known.
  return 'moreThan' in measured ? `> ${Math.floor(measured.moreThan)}` : 'not possible'
}

/** The seconds of a measured value, or undefined where they are not known. */
export const secondsOf = (measured: Measured | undefined): number | undefined =>
  measured !== undefined && 'seconds' in measured ? measured.seconds : undefined
