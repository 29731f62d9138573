import { BlockList, isIP, type LookupFunction } from 'node:net'
import type { Environment } from '../base/command.js'
import { parseUrl } from '../base/errors.js'
import { textAt } from '../base/files.js'
import type { Asker } from './http-error.js'
import { type Credentials, credentialsOf, isHostIn, isSameServer, isTls, splitUrl, withoutBrackets } from './url.js'

/** A server, and what is shown to it and to no other, wherever a link or a redirect leads. */
export interface OwnServer {
  /** Without credentials. */
  readonly url: string
  readonly credentials?: Credentials | undefined
  /** The client's certificate, and its key, PEM; one may hold both. */
  readonly clientCert?: string | undefined
  readonly clientKey?: string | undefined
  /** Whether its certificate is not verified. */
  readonly trusted?: boolean | undefined
  /** An authority that counts for its certificate, and for those of the servers that it leads to, PEM. */
  readonly ca?: string | undefined
}

export interface ClientOptions {
  readonly own?: OwnServer | undefined
  /** pip's variables for proxies, authorities and PIP_CLIENT_CERT. */
  readonly environment: Environment
  /** Hosts whose certificates are not verified, each `host` or `host:port`. */
  readonly trustedHosts: readonly string[]
  /** Who asks, for the words of a fault. */
  readonly asker: Asker
  readonly lookup?: LookupFunction | undefined
}

/** An IPv4 address in any of inet_aton(3)'s spellings, which are those of URLs, in its usual one; undefined if it is not one. */
const inetAton = (text: string): string | undefined => {
  const { hostname = '' } = parseUrl(`http://${text}/`) ?? {}
  return isIP(hostname) === 4 && /^[\da-fx.]*[\da-fx]$/i.test(text) ? hostname : undefined
}

const isInNetwork = (address: string, network: string, bits: number): boolean => {
  const list = new BlockList()
  list.addSubnet(network, bits)
  return list.check(address)
}

/**
 * requests' utils.py, should_bypass_proxies, as pip 25.3 and older have it: no entry is trimmed of dots or made small, and one
 * matches in the middle of a label, too. That of pip 26.3 (requests 2.34) matches whole labels only.
 */
const asRequests = (host: string, port: string, noProxy: string): boolean => {
  const address = inetAton(host)
  const entries = noProxy.replaceAll(' ', '').split(',').filter(Boolean)
  if (address === undefined) {
    return entries.some((entry) => [host, ...(port ? [`${host}:${port}`] : [])].some((name) => name.endsWith(entry)))
  }
  return entries.some((entry) => {
    const [, start = '', bits = ''] = /^([^/]*)\/(\d+)$/.exec(entry) ?? []
    const network = inetAton(start)
    return network !== undefined && Number(bits) >= 1 && Number(bits) <= 32
      ? isInNetwork(address, network, Number(bits))
      : entry === host
  })
}

/** Python's urllib.request.proxy_bypass_environment, which requests asks afterwards. */
const asUrllib = (host: string, noProxy: string): boolean => {
  if (noProxy === '*') return true
  const withoutPort = /^(.*):\d*$/.exec(host)?.[1] ?? host
  return noProxy
    .toLowerCase()
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
    .map((entry) => entry.replace(/^\.+/, ''))
    .some((entry) => [host, withoutPort].some((name) => name === entry || name.endsWith(`.${entry}`)))
}

/** The proxies of the environment by scheme, as Python's urllib.request.getproxies_environment collects them. */
const proxiesOf = (environment: Environment): ReadonlyMap<string, string> => {
  const proxies = new Map<string, string>()
  const names = Object.keys(environment).filter((name) => /._proxy$/i.test(name))
  // Small letters win, wherever they stand, and an empty value switches off the variable in capitals.
  for (const name of [...names, ...names.filter((one) => one.endsWith('_proxy'))]) {
    const [scheme, value] = [name.slice(0, -6).toLowerCase(), environment[name]]
    if (value) proxies.set(scheme, value)
    else if (name.endsWith('_proxy')) proxies.delete(scheme)
  }
  return proxies
}

/**
 * The proxy through which pip reaches a URL, of whatever scheme: http_proxy, https_proxy, all_proxy and no_proxy, of which small
 * letters win over capitals (Python's urllib.request.getproxies; requests' utils.py, should_bypass_proxies and select_proxy).
 * PIP_PROXY wins over them (pip's documentation, `--proxy`).
 */
export const proxyFor = (url: string, environment: Environment): URL | undefined => {
  const { scheme = '', ...at } = splitUrl(url)
  const host = withoutBrackets(at.host).toLowerCase()
  const port = at.port.replace(/^0+(?=\d)/, '')
  const proxies = proxiesOf(environment)
  // For requests no_proxy, or NO_PROXY if that is empty; for urllib also a no_proxy that is set to nothing.
  const isDirect =
    asRequests(host, port, environment['no_proxy'] || environment['NO_PROXY'] || '') ||
    asUrllib(host, proxies.get('no') ?? '')
  const fromEnvironment = isDirect ? undefined : (proxies.get(scheme) ?? proxies.get('all'))
  const written = environment['PIP_PROXY'] || fromEnvironment
  if (!written) return undefined
  return parseUrl(splitUrl(written).scheme === undefined ? `http://${written}` : written)
}

export type Way = ReturnType<typeof wayTo>

/** The proxy on the way to a URL, what is shown there, and whether the server's certificate is verified: the one place that decides it. */
export const wayTo = (url: URL, { own, environment, trustedHosts }: ClientOptions) => {
  const mine = own && isSameServer(new URL(own.url), url) ? own : undefined
  // pip shows this one to every server, with the key in the same file (pip's documentation, `--client-cert`).
  const general = (): string | undefined => textAt(environment['PIP_CLIENT_CERT'] ?? '', 'utf8')
  return {
    // As the user wrote it, since no_proxy sees a port that is the scheme's own only if it is written.
    proxy: proxyFor(own && new URL(own.url).origin === url.origin ? own.url : url.href, environment),
    credentials: credentialsOf(url) ?? mine?.credentials,
    verifies: !(mine?.trusted || isHostIn(trustedHosts, url)),
    certificate: isTls(url) ? (mine?.clientCert ?? general()) : undefined,
    key: mine?.clientKey,
  }
}
