import { UserError } from '../base/errors.js'
import { readHostFile } from '../base/files.js'
import { type Fields, fieldsOf, parseJson, textOf } from '../base/json.js'
import { toolName } from '../base/log.js'
import { decodePercents, isDistribution, versionOf } from '../index/distribution-file.js'
import type { PageFile } from '../index/page.js'
import { distributionKey } from './installed.js'

/** A distribution that came into a build, as the relay saw it, a receipt has it, and a lock demands it. */
export interface Arrival extends Pick<PageFile, 'name' | 'uploadTime' | 'requiresPython'> {
  /** The project's name, normalised (PEP 503). */
  readonly project: string
  /** In small hexadecimal digits. */
  readonly sha256: string
  /** In bytes. */
  readonly size: number
  /** The URL of the index that it came from, without credentials and query. */
  readonly mirror: string
}

/** What CycloneDX has no field for, by the names of its properties. */
const properties = [
  ['size', 'dib-pypi:length'],
  ['uploadTime', 'dib-pypi:uploaded'],
  ['requiresPython', 'dib-pypi:requires-python'],
] as const

/** What is written as it is (the purl specification, "Character encoding"); `:` too, unlike in a URL's component. */
const encode = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':')

/** The package URL of a distribution (the purl specification, type pypi), with its file as the qualifier file_name. */
export const purlOf = (project: string, version: string, file: string): string =>
  `pkg:pypi/${project}@${encode(version)}?file_name=${encode(file)}`

/** Reads what purlOf wrote; undefined if it is another kind of text. */
export const parsePurl = (purl: string) => {
  const parts = /^pkg:pypi\/([a-z0-9-]+)@([^?#/@&\u0080-\uffff]+)\?file_name=([^?#/@&\u0080-\uffff]+)$/.exec(purl) ?? []
  const [, project = '', version = '', file = ''] = parts.map((part) => decodePercents(part) ?? '')
  return project !== '' && purlOf(project, version, file) === purl ? { project, version, file } : undefined
}

/** A component of CycloneDX 1.6, as far as receipts have one. */
const componentOf = ({ project, name: file, sha256, mirror, ...more }: Arrival) => {
  const version = versionOf(file, project) ?? ''
  return {
    type: 'library',
    // Two mirrors can have different files of one name.
    'bom-ref': `${file}#sha256=${sha256}`,
    name: project,
    version,
    purl: purlOf(project, version, file),
    hashes: [{ alg: 'SHA-256', content: sha256 }],
    externalReferences: [{ type: 'distribution', url: mirror }],
    properties: properties
      .map(([key, name]) => ({ name, value: more[key]?.toString() }))
      .filter(({ value }) => value !== undefined),
  }
}

const keyOf = ({ name, version }: ReturnType<typeof componentOf>): string => distributionKey(name, version)

const order = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/**
 * Writes a receipt in CycloneDX 1.6: what came and is in the image as components, what else came as formulation. The same
 * files give the same bytes, whatever their order.
 *
 * @param inImage The keys of the distributions that are in the image.
 * @param time SOURCE_DATE_EPOCH, in seconds since 1970.
 */
export const writeBill = (arrivals: readonly Arrival[], inImage: ReadonlySet<string>, time?: number) => {
  const files = arrivals
    .map(componentOf)
    .sort(
      (one, other) =>
        order(one.name, other.name) || order(one.version, other.version) || order(one['bom-ref'], other['bom-ref']),
    )
  const components = files.filter((file) => inImage.has(keyOf(file)))
  const others = files.filter((file) => !inImage.has(keyOf(file)))
  const came = new Set(files.map(keyOf))
  const bom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      timestamp: time === undefined ? undefined : new Date(time * 1000).toISOString(),
      tools: { components: [{ type: 'application', name: toolName }] },
    },
    components,
    formulation: others.length === 0 ? undefined : [{ components: others }],
  }
  return {
    text: `${JSON.stringify(bom, null, 2)}\n`,
    /** How many files came whose distribution is in the image, and how many others came. */
    installed: components.length,
    others: others.length,
    /** How many distributions the image has that did not come through the relay. */
    unseen: [...inImage].filter((key) => !came.has(key)).length,
  }
}

const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : [])

/** A text that can do nothing to a log's line, or a page of the relay's. */
const plain = (value: unknown): string | undefined => /^[ -~]+$/.exec(textOf(value) ?? '')?.[0]

const arrivalOf = (component: Fields, refuseAll: (why: string) => never): Arrival => {
  const name = plain(component['name'])
  const refuse = (why: string): never =>
    refuseAll(`its component ${name?.slice(0, 100) ?? 'one without a name'} ${why}`)
  const purl = parsePurl(textOf(component['purl']) ?? '')
  if (purl === undefined) return refuse('names no file of a Python project in its purl')
  const { project, file } = purl
  if (project !== name || /[/\\]|[^ -~]/.test(file) || !isDistribution(file) || versionOf(file, project) === undefined)
    return refuse('has a purl whose file is not a wheel or sdist of that project')
  const hash = listOf(component['hashes']).find(({ alg }) => alg === 'SHA-256')
  const sha256 = textOf(hash?.['content']) ?? ''
  if (!/^[0-9a-f]{64}$/.test(sha256)) return refuse(`has no SHA-256 of ${file}`)
  const told = listOf(component['properties'])
  const read = ([key, property]: (typeof properties)[number]) =>
    [key, plain(told.find((one) => one['name'] === property)?.['value'])] as const
  const { size = '', uploadTime, requiresPython } = Object.fromEntries(properties.map(read))
  if (!/^\d{1,15}$/.test(size)) return refuse(`has no length of ${file}`)
  const source = listOf(component['externalReferences']).find(({ type }) => type === 'distribution')
  const mirror = textOf(source?.['url']) ?? ''
  return { project, name: file, sha256, size: Number(size), mirror, uploadTime, requiresPython }
}

/** Reads a receipt as a lock; throws a UserError if it is something else than a receipt of this element's. */
export const parseLock = (text: string, path: string): readonly Arrival[] => {
  const refuse = (why: string): never => {
    throw new UserError(
      `DIB_PYPI_LOCK is ${path}, which is not a receipt: ${why}; name a pypi.cdx.json that a build with DIB_PYPI_RECEIPT=1 wrote`,
    )
  }
  const json = parseJson(text)
  if (json === undefined) return refuse('it is not JSON')
  const bom = fieldsOf(json)
  if (bom['bomFormat'] !== 'CycloneDX') return refuse('it is not CycloneDX')
  const tools = listOf(fieldsOf(fieldsOf(bom['metadata'])['tools'])['components'])
  if (!tools.some(({ name }) => name === toolName)) return refuse('another program wrote it')
  if (bom['specVersion'] !== '1.6') return refuse('it is of another version of CycloneDX than 1.6')
  const formulation = listOf(bom['formulation']).flatMap(({ components }) => listOf(components))
  return [...listOf(bom['components']), ...formulation].map((component) => arrivalOf(component, refuse))
}

/** Reads the file that DIB_PYPI_LOCK names, as parseLock. */
export const readLock = (path: string): readonly Arrival[] =>
  parseLock(readHostFile(path, 'DIB_PYPI_LOCK is').text, path)
