/** A file of a project, as an index lists it (PEP 503, PEP 691, PEP 700). */
export interface PageFile {
  /** Its name: of a wheel, an sdist or an egg, without folders. */
  readonly name: string
  /** Where it is: a URL without a fragment, or a path of the host behind `file:`. Text, since a page can have thousands. */
  readonly url: string
  /** Its hashes in hexadecimal digits by the names of their algorithms, such as sha256. */
  readonly hashes: Readonly<Record<string, string>>
  /** The Python versions that it is for (PEP 440), where the index says so. */
  readonly requiresPython?: string | undefined
  /** Whether it is withdrawn (PEP 592): true, or the reason. */
  readonly yanked?: boolean | string | undefined
  /** When it was uploaded, ISO 8601 (PEP 700). */
  readonly uploadTime?: string | undefined
  /** Its length in bytes (PEP 700). */
  readonly size?: number | undefined
  /** Whether its metadata lies beside it (PEP 658, PEP 714): true, or their hashes. */
  readonly coreMetadata?: true | Readonly<Record<string, string>> | undefined
}

/** Names of hash algorithms that pip and uv know in links (pip's hashes.py), the best first. */
export const algorithms = ['sha512', 'sha384', 'sha256', 'sha224', 'sha1', 'md5'] as const
