import { createHash, getHashes } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** Names of hash algorithms that installers know in links (pip's models/link.py); the first to check by, which all know. */
export const algorithms: readonly string[] = ['sha256', 'sha512', 'sha384', 'sha224', 'sha1', 'md5']

/** Hashes in hexadecimal digits by the names of their algorithms, as indexes write them. */
export type Hashes = Readonly<Record<string, string>>

/** A file of a project, as an index lists it (PEP 503, PEP 691, PEP 700). */
export interface PageFile {
  /** Its name: of a wheel, an sdist or an egg, without folders. */
  readonly name: string
  /** Where it is: an absolute URL without a fragment. Text, since a page can have thousands. */
  readonly url: string
  /** Its hashes by the names of their algorithms, as the index tells them; some may be wrong in form. */
  readonly hashes: Hashes
  /** What else its link's fragment has, such as `subdirectory=src`. */
  readonly fragment?: string | undefined
  /** The Python versions that it is for (PEP 440), if the index says so. */
  readonly requiresPython?: string | undefined
  /** Whether it is withdrawn (PEP 592): true, or the reason. */
  readonly yanked?: boolean | string | undefined
  /** When it was uploaded, ISO 8601 (PEP 700). */
  readonly uploadTime?: string | undefined
  /** Its length in bytes (PEP 700). */
  readonly size?: number | undefined
  /** The indexes that it was kept from, by their marks, in a folder that builds fill. */
  readonly origins?: readonly string[] | undefined
  /** Whether its metadata lies beside it (PEP 658, PEP 714): true, or their hashes. */
  readonly coreMetadata?: true | Hashes | undefined
}

/** Whether a file is in a folder that is an index. */
export const isLocal = ({ url }: PageFile): boolean => url.startsWith('file:')

/** A project's page: what it lists, in its order. */
export interface Page {
  readonly files: readonly PageFile[]
  /** What installers use, and what leads to no file: to a repository (`git+https:`), or with `#egg=`. URLs have their fragments. */
  readonly links: readonly PageFile[]
}

/** A page that is not what PEP 691 says. */
export class PageError extends Error {
  override name = 'PageError'
}

/**
 * Leaves out what was uploaded later than a given instant (ISO 8601; undefined leaves out nothing).
 *
 * @returns What is left; undefined if a file has no upload time (PEP 700), so that the rule cannot be applied.
 */
export const excludeNewer = (
  files: readonly PageFile[],
  cutoff: string | undefined,
): readonly PageFile[] | undefined => {
  if (cutoff === undefined) return files
  const latest = Date.parse(cutoff)
  const times = files.map(({ uploadTime }) => Date.parse(uploadTime ?? ''))
  return times.some(Number.isNaN) ? undefined : files.filter((_file, i) => (times[i] ?? 0) <= latest)
}

/** The hash by which a file is checked; undefined if its index tells none that can be checked. */
export const chooseHash = (hashes: Hashes): { readonly algorithm: string; readonly digits: string } | undefined => {
  const known = getHashes()
  const algorithm = algorithms.find((name) => known.includes(name) && hashes[name] !== undefined)
  return algorithm === undefined ? undefined : { algorithm, digits: (hashes[algorithm] ?? '').toLowerCase() }
}

/** Hashes what comes in chunks: by sha256, and by another one where that is what the index tells. */
export const newDigest = (hashes: Hashes) => {
  const wanted = chooseHash(hashes)
  const sha256 = createHash('sha256')
  const other = wanted === undefined || wanted.algorithm === 'sha256' ? undefined : createHash(wanted.algorithm)
  return {
    update: (chunk: Buffer): void => {
      sha256.update(chunk)
      other?.update(chunk)
    },
    /** Of all so far. */
    sha256: (): string => sha256.copy().digest('hex'),
    /** Whether all so far is what the index tells; undefined if it tells nothing. */
    isRight: (): boolean | undefined => wanted && (other ?? sha256).copy().digest('hex') === wanted.digits,
  }
}

/** Hashes a file; rejected with the system's error. */
export const digestOf = async (path: string, hashes: Hashes) => {
  const digest = newDigest(hashes)
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) digest.update(chunk as Buffer)
  return { sha256: digest.sha256(), isRight: digest.isRight() }
}
