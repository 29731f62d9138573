import type { RelayStatus } from './config.js'

/** Bytes as people read them: such as 45 MB. */
const readable = (bytes: number): string =>
  bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.max(1, Math.round(bytes / 1e3))} KB`

/**
 * What is said at the end of a build that filled the mirror.
 *
 * @param status What the relay has kept, and where.
 * @returns The line; undefined where nothing was kept.
 */
export const keptLine = ({ keptFiles, keptBytes, folder }: RelayStatus): string | undefined =>
  keptFiles === 0
    ? undefined
    : `kept ${keptFiles} new file${keptFiles === 1 ? '' : 's'}, ${readable(keptBytes)}, in ${folder}: an offline build can use them`
