import { randomBytes } from 'node:crypto'
import { officialIndex } from '../../../element-src/lib/settings/index-list.js'
import { runProgram } from '../../support/builds/run.js'
import { makeWheels } from '../../support/servers/mirror.js'

/** What is downloaded from the official index: 69 files, 42 MB in autumn 2026. */
export const wellKnown =
  'flask requests sqlalchemy celery boto3 httpx pydantic rich jinja2 cryptography oslo.config keystoneauth1 python-novaclient paramiko netaddr'.split(
    ' ',
  )

/** The project's own packages. */
export const own = Array.from({ length: 15 }, (_, index) => `bench-own-${index + 1}`)

/**
 * Makes the project's own packages, half a megabyte each.
 *
 * @param folder Where their wheels go.
 */
export const makeOwn = (folder: string): void =>
  makeWheels(
    folder,
    own.map((name) => ({ name, version: '1', text: `x = '${randomBytes(256 * 1024).toString('hex')}'\n` })),
  )

/**
 * Downloads the well-known packages by the settings of pip on this machine.
 *
 * @param folder Where their wheels go.
 * @returns Why they are not there; undefined where they are.
 */
export const getWellKnown = async (folder: string): Promise<string | undefined> => {
  const args = ['-m', 'pip', 'download', '--quiet', '--only-binary', ':all:', '--dest', folder, ...wellKnown]
  const { status, log } = await runProgram('/usr/bin/python3', args, { env: process.env })
  return status === 0 ? undefined : (log.trim().split('\n').at(-1) ?? 'pip download failed')
}

/** The index that pip on this machine asks, with a slash at its end. */
export const machineIndex = async (): Promise<string> => {
  const { status, log } = await runProgram('/usr/bin/python3', ['-m', 'pip', 'config', 'get', 'global.index-url'])
  const url = process.env['PIP_INDEX_URL'] ?? (status === 0 ? log.trim() : officialIndex)
  return url.replace(/\/*$/, '/')
}
