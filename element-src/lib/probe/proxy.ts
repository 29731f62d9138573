import { BlockList, isIPv4 } from 'node:net'
import type { Environment } from '../settings/mirrors.js'

const variable = (environment: Environment, name: string): string | undefined =>
  environment[name] ?? environment[name.toUpperCase()]

const isInNetwork = (address: string, network: string): boolean => {
  const [, start = '', bits] = /^([\d.]+)\/(\d+)$/.exec(network) ?? []
  if (!isIPv4(start) || Number(bits) > 32) return false
  const list = new BlockList()
  list.addSubnet(start, Number(bits))
  return list.check(address)
}

const goesDirectly = ({ hostname, port }: URL, without: string): boolean =>
  without === '*' ||
  without
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter(Boolean)
    .some((entry) =>
      isIPv4(hostname)
        ? entry === hostname || isInNetwork(hostname, entry)
        : entry.replace(/^\.+/, '') === hostname ||
          [hostname, `${hostname}:${port}`].some((host) => host.endsWith(entry)),
    )

/**
 * The proxy through which pip reaches a URL: http_proxy, https_proxy, all_proxy and no_proxy, of which small letters win
 * over capitals (Python's urllib.request.getproxies; requests' utils.py, should_bypass_proxies and select_proxy). PIP_PROXY
 * wins over them (pip's documentation, `--proxy`).
 *
 * @param url Where to.
 * @param environment The environment that pip has.
 * @returns The proxy's URL, with its credentials, or undefined where pip goes there directly.
 */
export const proxyFor = (url: URL, environment: Environment): URL | undefined => {
  const forAll = environment['PIP_PROXY']
  const written =
    forAll ||
    (goesDirectly(url, environment['no_proxy'] || environment['NO_PROXY'] || '')
      ? ''
      : variable(environment, `${url.protocol}_proxy`.replace(':', '')) || variable(environment, 'all_proxy'))
  if (!written) return undefined
  try {
    return new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`)
  } catch {
    return undefined
  }
}
