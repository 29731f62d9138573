import { mkdirSync } from 'node:fs'
import { UserError } from '../../base/errors.js'
import { layoutOf } from '../../index/layout.js'

/**
 * Makes sure that the relay may fill a folder: it is absent, and made, or empty, or holds wheels and sdists side by side.
 *
 * @param folder The folder of the local mirror, on the host.
 * @throws UserError where it holds anything else: what another tool made stays as it is.
 */
export const prepareFillFolder = (folder: string): void => {
  // dib keeps its cache in folders of these modes.
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const { kind } = layoutOf(folder, '')
  if (kind === 'empty' || kind === 'flat') return
  throw new UserError(
    `${folder} holds something else than wheels and sdists side by side, so DIB_PYPI_FILL_MIRROR does not touch it: name another DIB_IMAGE_CACHE, or unset DIB_PYPI_FILL_MIRROR`,
  )
}
