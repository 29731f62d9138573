import { versionOf } from '../index/distribution-file.js'
import { distributionKey } from './installed.js'

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

/** What tells a receipt from other tools' documents. */
export const toolName = 'dib-pypi-element'

/** The names of what CycloneDX has no field for. */
export const propertyNames = {
  length: 'dib-pypi:length',
  uploaded: 'dib-pypi:uploaded',
  requiresPython: 'dib-pypi:requires-python',
} as const

/** A component of CycloneDX 1.6, as far as receipts have one. */
export interface Component {
  readonly type: 'library'
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly hashes: readonly { readonly alg: string; readonly content: string }[]
  readonly externalReferences: readonly { readonly type: string; readonly url: string }[]
  readonly properties: readonly { readonly name: string; readonly value: string }[]
}

/** What is written as it is (the purl specification, "Character encoding"); `:` too, unlike in a URL's component. */
const encode = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':')

/**
 * The package URL of a distribution (the purl specification, type pypi).
 *
 * @param project Normalised (PEP 503).
 * @param file Its name, as the qualifier file_name.
 */
export const purlOf = (project: string, version: string, file: string): string =>
  `pkg:pypi/${project}@${encode(version)}?file_name=${encode(file)}`

/**
 * Reads such a package URL again.
 *
 * @returns What purlOf was given; undefined if it is another kind of text.
 */
export const parsePurl = (purl: string): { project: string; version: string; file: string } | undefined => {
  const [, project = '', version = '', file = ''] =
    /^pkg:pypi\/([a-z0-9-]+)@([^?#/@&]+)\?file_name=([^?#/@&]+)$/.exec(purl) ?? []
  try {
    const decoded = { project, version: decodeURIComponent(version), file: decodeURIComponent(file) }
    return purlOf(project, decoded.version, decoded.file) === purl ? decoded : undefined
  } catch {
    return undefined
  }
}

const componentOf = ({ project, file, sha256, length, mirror, ...more }: Arrival, version: string): Component => ({
  type: 'library',
  // Two mirrors can have different files of one name.
  'bom-ref': `${file}#sha256=${sha256}`,
  name: project,
  version,
  purl: purlOf(project, version, file),
  hashes: [{ alg: 'SHA-256', content: sha256 }],
  externalReferences: [{ type: 'distribution', url: mirror }],
  properties: [
    { name: propertyNames.length, value: String(length) },
    ...(more.uploaded === undefined ? [] : [{ name: propertyNames.uploaded, value: more.uploaded }]),
    ...(more.requiresPython === undefined ? [] : [{ name: propertyNames.requiresPython, value: more.requiresPython }]),
  ],
})

/** A receipt, and what of it is told in the log. */
export interface Bill {
  readonly text: string
  /** How many files came whose distribution is in the image, and how many others came. */
  readonly installed: number
  readonly others: number
  /** How many distributions the image has that did not come through the relay. */
  readonly unseen: number
}

const order = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/**
 * Writes a receipt in CycloneDX 1.6: what came and is in the image as components, what else came as formulation. The same
 * files give the same bytes, whatever their order.
 *
 * @param inImage The keys of the distributions that are in the image.
 * @param time SOURCE_DATE_EPOCH, in seconds since 1970.
 */
export const writeBill = (arrivals: readonly Arrival[], inImage: ReadonlySet<string>, time?: number): Bill => {
  const files = arrivals
    .map((arrival) => {
      const version = versionOf(arrival.file, arrival.project) ?? ''
      return { component: componentOf(arrival, version), key: distributionKey(arrival.project, version) }
    })
    .sort(
      ({ component: one }, { component: other }) =>
        order(one.name, other.name) || order(one.version, other.version) || order(one['bom-ref'], other['bom-ref']),
    )
  const components = files.filter(({ key }) => inImage.has(key)).map(({ component }) => component)
  const others = files.filter(({ key }) => !inImage.has(key)).map(({ component }) => component)
  const came = new Set(files.map(({ key }) => key))
  const bom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      ...(time === undefined ? {} : { timestamp: new Date(time * 1000).toISOString() }),
      tools: { components: [{ type: 'application', name: toolName }] },
    },
    components,
    ...(others.length === 0 ? {} : { formulation: [{ components: others }] }),
  }
  return {
    text: `${JSON.stringify(bom, null, 2)}\n`,
    installed: components.length,
    others: others.length,
    unseen: [...inImage].filter((key) => !came.has(key)).length,
  }
}
