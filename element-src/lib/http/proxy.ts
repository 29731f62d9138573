import type { Environment } from '../base/environment.js'
import { bypassesProxy } from './no-proxy.js'

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

/** Scheme, host and port as Python's urlsplit gives them, which leaves a port of 80 where it is written. */
const partsOf = (url: URL | string): { scheme: string; host: string; port: string } => {
  const written = typeof url === 'string' ? url : url.href
  const [, scheme = '', authority = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(written) ?? []
  const [, bracketed, host = '', port = ''] =
    /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(authority.replace(/^.*@/, '')) ?? []
  return { scheme: scheme.toLowerCase(), host: (bracketed ?? host).toLowerCase(), port: port.replace(/^0+(?=\d)/, '') }
}

/**
 * The proxy through which pip reaches a URL: http_proxy, https_proxy, all_proxy and no_proxy, of which small letters win
 * over capitals (Python's urllib.request.getproxies; requests' utils.py, should_bypass_proxies and select_proxy). PIP_PROXY,
 * and `proxy =` in pip.conf after it, win over them (pip's documentation, `--proxy`).
 *
 * @param url Where to. As a string, as the user wrote it, it shows no_proxy a port that is the scheme's own.
 * @param fromFiles The proxy that pip.conf names, or undefined.
 * @returns The proxy's URL, with its credentials, of whatever scheme, or undefined where pip goes there directly.
 */
export const proxyFor = (url: URL | string, environment: Environment, fromFiles?: string): URL | undefined => {
  const { scheme, host, port } = partsOf(url)
  const proxies = proxiesOf(environment)
  const fromEnvironment = (): string | undefined =>
    bypassesProxy(host, port, environment['no_proxy'] || environment['NO_PROXY'] || '', proxies.get('no') ?? '')
      ? undefined
      : (proxies.get(scheme) ?? proxies.get('all'))
  const written = environment['PIP_PROXY'] || fromFiles || fromEnvironment()
  if (!written) return undefined
  try {
    return new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`)
  } catch {
    return undefined
  }
}
