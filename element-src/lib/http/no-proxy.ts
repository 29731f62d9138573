/** An IPv4 address in any of inet_aton(3)'s spellings as a number, or undefined where it is none. */
const inetAton = (text: string): number | undefined => {
  const parts = text.split('.')
  if (parts.length > 4 || !parts.every((part) => /^(?:0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(part))) return undefined
  const numbers = parts.map((part) => (/^0[0-7]/.test(part) ? Number.parseInt(part, 8) : Number(part)))
  const last = numbers.pop() ?? 0
  if (numbers.some((number) => number > 255) || last >= 256 ** (4 - numbers.length)) return undefined
  return numbers.reduce((sum, number, i) => sum + number * 256 ** (3 - i), last)
}

const isInNetwork = (address: number, network: number, bits: number): boolean => {
  const size = 2 ** (32 - bits)
  return Math.floor(address / size) === Math.floor(network / size)
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
