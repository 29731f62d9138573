import { BlockList, isIP } from 'node:net'
import type { Environment } from '../base/command.js'
import { splitUrl, withoutBrackets } from './url.js'

/** An IPv4 address in any of inet_aton(3)'s spellings, which are those of URLs, in its usual one; undefined if it is not one. */
const inetAton = (text: string): string | undefined => {
  try {
    const { hostname } = new URL(`http://${text}/`)
    return isIP(hostname) === 4 && /^[\da-fx.]*[\da-fx]$/i.test(text) ? hostname : undefined
  } catch {
    return undefined
  }
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
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
    .map((entry) => entry.replace(/^\.+/, '').toLowerCase())
    .some((entry) => [host, withoutPort].some((name) => name === entry || name.endsWith(`.${entry}`)))
}

/** The proxies of the environment by scheme, as Python's urllib.request.getproxies_environment collects them. */
const proxiesOf = (environment: Environment): ReadonlyMap<string, string> => {
  const proxies = new Map<string, string>()
  const variables = Object.entries(environment).flatMap(([name, value = '']) =>
    /._proxy$/i.test(name) ? [{ name, value, scheme: name.slice(0, -6).toLowerCase() }] : [],
  )
  for (const { value, scheme } of variables) if (value) proxies.set(scheme, value)
  for (const { name, value, scheme } of variables) {
    if (!name.endsWith('_proxy')) continue
    // An empty value switches off the variable in capitals.
    if (value) proxies.set(scheme, value)
    else proxies.delete(scheme)
  }
  return proxies
}

/**
 * The proxy through which pip reaches a URL: http_proxy, https_proxy, all_proxy and no_proxy, of which small letters win
 * over capitals (Python's urllib.request.getproxies; requests' utils.py, should_bypass_proxies and select_proxy). PIP_PROXY wins
 * over them (pip's documentation, `--proxy`).
 *
 * @param url Where to, as the user wrote it: no_proxy sees a port that is the scheme's own.
 * @returns The proxy's URL, with its credentials, of whatever scheme, or undefined if pip goes there directly.
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
  try {
    return new URL(splitUrl(written).scheme === undefined ? `http://${written}` : written)
  } catch {
    return undefined
  }
}
