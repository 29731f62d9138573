import { UserError } from '../base/errors.js'
import { isDistribution, versionOf } from '../index/distribution-file.js'
import { readHostFile } from '../settings/mirrors-file/host-files.js'
import { type Arrival, parsePurl, propertyNames, toolName } from './bill.js'

const remedy = 'name a pypi.cdx.json that a build with DIB_PYPI_RECEIPT=1 wrote'

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

const listOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.map(objectOf) : []

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** What a text would do to a log's line, or a page of the relay's. */
const isPlain = (text: string): boolean => !/[^ -~]/.test(text)

const arrivalOf = (component: Readonly<Record<string, unknown>>, refuse: (why: string) => never): Arrival => {
  const name = textOf(component['name'])
  const shown = isPlain(name) && name !== '' ? name.slice(0, 100) : 'one without a name'
  const purl = parsePurl(textOf(component['purl']))
  if (purl === undefined) return refuse(`its component ${shown} names no file of a Python project in its purl`)
  const { project, file } = purl
  if (project !== name || /[/\\]|[^ -~]/.test(file) || !isDistribution(file) || versionOf(file, project) === undefined)
    return refuse(`its component ${shown} has a purl whose file is not a wheel or sdist of that project`)
  const hash = listOf(component['hashes']).find(({ alg }) => alg === 'SHA-256')
  const sha256 = textOf(hash?.['content'])
  if (!/^[0-9a-f]{64}$/.test(sha256)) return refuse(`its component ${shown} has no SHA-256 of ${file}`)
  const properties = listOf(component['properties'])
  const property = (wanted: string): string | undefined => {
    const value = properties.find((one) => one['name'] === wanted)?.['value']
    return typeof value === 'string' && isPlain(value) ? value : undefined
  }
  const length = property(propertyNames.length) ?? ''
  if (!/^\d{1,15}$/.test(length)) return refuse(`its component ${shown} has no length of ${file}`)
  const source = listOf(component['externalReferences']).find(({ type }) => type === 'distribution')
  const uploaded = property(propertyNames.uploaded)
  const requiresPython = property(propertyNames.requiresPython)
  return {
    project,
    file,
    sha256,
    length: Number(length),
    mirror: textOf(source?.['url']),
    ...(uploaded === undefined ? {} : { uploaded }),
    ...(requiresPython === undefined ? {} : { requiresPython }),
  }
}

/**
 * Reads a receipt as a lock.
 *
 * @throws UserError if it is something else than a receipt of this element's.
 */
export const parseLock = (text: string, path: string): readonly Arrival[] => {
  const refuse = (why: string): never => {
    throw new UserError(`DIB_PYPI_LOCK is ${path}, which is not a receipt: ${why}; ${remedy}`)
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return refuse('it is not JSON')
  }
  const bom = objectOf(json)
  if (bom['bomFormat'] !== 'CycloneDX') return refuse('it is not CycloneDX')
  const tools = listOf(objectOf(objectOf(bom['metadata'])['tools'])['components'])
  if (!tools.some(({ name }) => name === toolName)) return refuse('another program wrote it')
  if (bom['specVersion'] !== '1.6') return refuse('it is of another version of CycloneDX than 1.6')
  const formulation = listOf(bom['formulation']).flatMap(({ components }) => listOf(components))
  return [...listOf(bom['components']), ...formulation].map((component) => arrivalOf(component, refuse))
}

/** Reads the file that DIB_PYPI_LOCK names, as parseLock. */
export const readLock = (path: string): readonly Arrival[] =>
  parseLock(readHostFile(path, 'DIB_PYPI_LOCK is').text, path)
