/** A number of each unit, in the order of the groups of the patterns below, in seconds. */
const units = [7 * 86_400, 86_400, 3_600, 60, 1]

/** `1 week`, `7 days`, `24 hours`, `1d 12h`: uv's "friendly" durations, in whole numbers. */
const friendly =
  /^(?:(\d{1,9})\s*(?:weeks?|wks?|w))?,?\s*(?:(\d{1,9})\s*(?:days?|d))?,?\s*(?:(\d{1,9})\s*(?:hours?|hrs?|h))?,?\s*(?:(\d{1,9})\s*(?:minutes?|mins?|m))?,?\s*(?:(\d{1,9})\s*(?:seconds?|secs?|s))?(?:\s+ago)?$/

/** `P7D`, `PT24H`: ISO 8601's durations, without the units whose length differs. */
const iso = /^P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$/i

const dateAlone = /^(\d{4})-(\d\d)-(\d\d)$/
const instant = /^(\d{4})-(\d\d)-(\d\d)[T ](?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i

const toIso = (date: Date): string | undefined => (date.getUTCFullYear() > 0 ? date.toISOString() : undefined)

const isDay = (year: number, month: number, day: number): boolean => {
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

/**
 * Reads `exclude-newer` as uv does (its documentation, Settings, exclude-newer): a duration before now, in days of 24 hours;
 * an instant (RFC 3339); or a date, to its end in the time zone of the host.
 *
 * @returns The instant, ISO 8601 in UTC; undefined if it is none of these, as months and years are not.
 */
export const parseExcludeNewer = (text: string, now: Date): string | undefined => {
  const spans = (iso.exec(text) ?? friendly.exec(text))?.slice(1)
  if (spans?.some((count) => count !== undefined)) {
    const seconds = spans.reduce((sum, count, i) => sum + Number(count ?? 0) * (units[i] ?? 0), 0)
    return toIso(new Date(now.getTime() - seconds * 1000))
  }
  const [, year, month, day] = (dateAlone.exec(text) ?? instant.exec(text) ?? []).map(Number)
  if (year === undefined || month === undefined || day === undefined || !isDay(year, month, day)) return undefined
  return toIso(
    dateAlone.test(text) ? new Date(year, month - 1, day + 1) : new Date(text.toUpperCase().replace(' ', 'T')),
  )
}
