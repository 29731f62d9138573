import { officialIndex } from '../../../element-src/lib/settings/index-list.js'
import { runProgram } from '../../support/builds/run.js'

/** What is downloaded from the official index: 69 files, 42 MB in autumn 2026. */
export const wellKnown =
  'flask requests sqlalchemy celery boto3 httpx pydantic rich jinja2 cryptography oslo.config keystoneauth1 python-novaclient paramiko netaddr'.split(
    ' ',
  )

/** A few packages, to see that each measurement works. */
export const few = ['flask', 'requests']

/**
 * Downloads packages, with what they require, by the settings of pip on this machine.
 *
 * @param folder Where their wheels go.
 * @throws Error if pip fails.
 */
export const getPackages = async (folder: string, packages: readonly string[]): Promise<void> => {
  const args = ['-m', 'pip', 'download', '--quiet', '--only-binary', ':all:', '--dest', folder, ...packages]
  const { status, log } = await runProgram('/usr/bin/python3', args, { env: process.env })
  if (status !== 0) throw new Error(`pip download failed:\n${log.slice(-1000)}`)
}

/** The index that pip on this machine asks, with a slash at its end. */
export const machineIndex = async (): Promise<string> => {
  const { status, log } = await runProgram('/usr/bin/python3', ['-m', 'pip', 'config', 'get', 'global.index-url'])
  const url = process.env['PIP_INDEX_URL'] ?? (status === 0 ? log.trim() : officialIndex)
  return url.replace(/\/*$/, '/')
}
