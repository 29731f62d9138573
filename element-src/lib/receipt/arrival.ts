/** A distribution that came into a build, as the relay saw it, a receipt has it, and a lock demands it. */
export interface Arrival {
  /** The project's name, normalised (PEP 503). */
  readonly project: string
  /** The file's name. */
  readonly file: string
  /** In small hexadecimal digits. */
  readonly sha256: string
  /** In bytes. */
  readonly length: number
  /** The URL of the index that it came from, without credentials and query. */
  readonly mirror: string
  /** When it was uploaded, ISO 8601, if its index says so (PEP 700). */
  readonly uploaded?: string | undefined
  /** The versions of Python that it is for (PEP 440), if its index says so: a lock's pages say it again. */
  readonly requiresPython?: string | undefined
}
