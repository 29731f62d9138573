import { BlockList, isIP } from 'node:net'

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

/**
 * Whether pip goes to a host without a proxy, by no_proxy.
 *
 * @param host The host in small letters, an IPv6 address without its brackets, as Python's urlsplit gives it.
 * @param port The port, where the URL has one written.
 * @param forRequests What requests reads: no_proxy, or NO_PROXY where that is empty.
 * @param forUrllib What urllib reads: no_proxy, set to nothing too, or NO_PROXY.
 */
export const bypassesProxy = (host: string, port: string, forRequests: string, forUrllib: string): boolean =>
  asRequests(host, port, forRequests) || asUrllib(host, forUrllib)
