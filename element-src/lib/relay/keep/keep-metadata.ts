import { createHash } from 'node:crypto'
import type { Client } from '../../http/client.js'
import type { PageFile } from '../../index/page.js'
import type { MetadataFiles } from '../download/metadata.js'
import type { MirrorFolder } from './mirror-folder.js'

/**
 * Keeps the metadata of a wheel that a folder has, where its index has it (PEP 658). Without it, an offline build downloads
 * wheels to see what they require; nothing else depends on it.
 *
 * @param file The wheel.
 * @param client What sends requests for its index.
 * @param metadata What fetches it.
 * @param mirror The folder.
 */
export const keepMetadata = async (
  file: PageFile,
  client: Client,
  metadata: MetadataFiles,
  mirror: MirrorFolder,
): Promise<void> => {
  if (file.coreMetadata === undefined) return
  const bytes = await metadata.get(file, client).catch(() => undefined)
  if (bytes === undefined) return
  const name = `${file.name}.metadata`
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if ((await mirror.find(name, { sha256 })) !== undefined) return
  const temporary = mirror.newFile()
  if (temporary === undefined) return
  try {
    await temporary.write(bytes, 0)
    await mirror.keep(temporary, name, sha256)
  } catch (error) {
    mirror.giveUp(error)
  } finally {
    temporary.remove()
  }
}
