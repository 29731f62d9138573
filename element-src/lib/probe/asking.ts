import type { Environment } from '../base/environment.js'
import { imageCaCertificates } from '../http/ca-certificates.js'
import { isHostIn } from '../http/connection.js'
import type { LookUp } from '../http/look-up.js'
import { proxyFor } from '../http/proxy.js'
import { type Answer, type RequestOptions, request, type Wanted } from '../http/request.js'
import type { Index } from '../settings/index-list.js'
import { type Asker, isAboutCertificate } from './fault.js'
import { clientCertificate, type PipOptions } from './pip-options.js'

/** What all probes of a build have in common. */
export interface ProbeContext {
  readonly environment: Environment
  /** What pip's files in the image set. */
  readonly pipOptions: PipOptions
  /** pip's trusted hosts, each `host` or `host:port`. */
  readonly trustedHosts: readonly string[]
  readonly lookUp: LookUp
  /** Where this process is, and who names the indexes: it decides what a user can do about a fault. */
  readonly asker: Asker
  /** What a mirrors file says of the index that is asked. */
  readonly index?: Partial<Index>
  /** How long it may take in all, in seconds; for the message. */
  readonly seconds: number
  /** When that time is over. */
  readonly signal: AbortSignal
}

/** Waits; rejected where the time is over before. */
export const wait = async (milliseconds: number, signal: AbortSignal): Promise<void> => {
  const { setTimeout } = await import('node:timers/promises')
  await setTimeout(milliseconds, undefined, { signal })
}

/** The client's certificate and its key: the mirrors file's own, or as pip has them. */
const certificateOf = ({ index, environment, pipOptions }: ProbeContext): string | undefined =>
  index?.clientCert === undefined
    ? clientCertificate(environment, pipOptions)
    : [index.clientCert, index.clientKey ?? ''].join('\n')

/**
 * How a URL is asked for.
 *
 * @param url Where to.
 * @param probing What all probes have in common.
 * @param written The URL as the user wrote it, of which no_proxy sees the port.
 */
export const requestOptions = (url: URL, probing: ProbeContext, written?: string): RequestOptions => ({
  proxy: proxyFor(written ?? url, probing.environment, probing.pipOptions.proxy),
  lookUp: probing.lookUp,
  signal: probing.signal,
  verifiesTls: !probing.index?.trusted && !isHostIn(probing.trustedHosts, url),
  caCertificates: probing.index?.ca === undefined ? undefined : [probing.index.ca],
  clientCertificate: url.protocol === 'https:' ? certificateOf(probing) : undefined,
})

/**
 * Asks for a page as pip would, with the authorities that the image has where Node.js' own are not enough.
 *
 * @param url The page.
 * @param probing What all probes have in common.
 * @param options How to ask.
 * @param wanted What to read of it.
 * @returns The answer; rejected with the fault where there is none.
 */
export const ask = async (
  url: URL,
  probing: ProbeContext,
  options: RequestOptions,
  wanted?: Wanted,
): Promise<Answer> => {
  try {
    return await request(url, options, wanted)
  } catch (error) {
    if (!isAboutCertificate(error)) throw error
    // Reading all authorities of an image takes longer than the request, so it is done only where they are needed.
    const caCertificates = [
      ...(options.caCertificates ?? []),
      ...imageCaCertificates(probing.environment, probing.pipOptions.cert),
    ]
    return request(url, { ...options, caCertificates }, wanted)
  }
}

/**
 * Asks for a page that may tell more about a fault. Here, no answer is no fault.
 *
 * @param url The page.
 * @param probing What all probes have in common.
 * @param wanted What to read of it.
 */
export const askIfThere = (url: URL, probing: ProbeContext, wanted: Wanted): Promise<Answer | undefined> =>
  ask(url, probing, requestOptions(url, probing), wanted).catch(() => undefined)
