import { createHash, getHashes, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { algorithms, type Hashes } from './page.js'

const known = new Set(getHashes())

/** The hash by which a file is checked; undefined if its index tells none that can be checked. */
export const chooseHash = (hashes: Hashes): { readonly algorithm: string; readonly digits: string } | undefined => {
  const algorithm = algorithms.find((name) => known.has(name) && hashes[name] !== undefined)
  return algorithm === undefined ? undefined : { algorithm, digits: (hashes[algorithm] ?? '').toLowerCase() }
}

/** Hashes of something that comes in chunks: sha256, and another one where that is what the index tells. */
export interface Digest {
  readonly update: (chunk: Buffer) => void
  /** sha256 of all so far. */
  readonly sha256: () => string
  /** Whether all so far is what the index tells; undefined if it tells nothing. */
  readonly isRight: () => boolean | undefined
}

/** Begins with nothing. */
export const newDigest = (hashes: Hashes): Digest => {
  const wanted = chooseHash(hashes)
  const sha256 = createHash('sha256')
  const other: Hash | undefined =
    wanted === undefined || wanted.algorithm === 'sha256' ? undefined : createHash(wanted.algorithm)
  return {
    update: (chunk) => {
      sha256.update(chunk)
      other?.update(chunk)
    },
    sha256: () => sha256.copy().digest('hex'),
    isRight: () => wanted && (other ?? sha256).copy().digest('hex') === wanted.digits,
  }
}

/** Hashes a file: sha256, and whether it is what its index tells; rejected with the system's error. */
export const digestOf = async (
  path: string,
  hashes: Hashes,
): Promise<{ sha256: string; isRight: boolean | undefined }> => {
  const digest = newDigest(hashes)
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) digest.update(chunk as Buffer)
  return { sha256: digest.sha256(), isRight: digest.isRight() }
}
