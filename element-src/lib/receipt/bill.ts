import { versionOf } from '../index/version.js'
import type { Arrival } from './arrival.js'
import { distributionKey } from './installed.js'
import { purlOf } from './purl.js'

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
