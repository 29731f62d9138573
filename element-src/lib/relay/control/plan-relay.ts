import type { Environment } from '../../base/environment.js'
import type { Settings } from '../../settings/settings.js'

/**
 * Decides whether a build has a relay between its installers and its indexes: where a setting asks for what only it can do,
 * unless DIB_PYPI_RELAY says otherwise.
 *
 * @param settings The settings of the build.
 * @returns Why there is one, for the log; undefined where there is none.
 */
export const reasonForRelay = ({
  relay,
  fill,
  mirrorsFile,
  receipt,
  lock,
  pip,
}: Pick<Settings, 'relay' | 'fill' | 'mirrorsFile' | 'receipt' | 'lock' | 'pip'>): string | undefined => {
  if (relay === 'never') return undefined
  if (relay === 'always') return 'DIB_PYPI_RELAY=always'
  if (fill) return 'DIB_PYPI_FILL_MIRROR'
  if (mirrorsFile !== undefined) return 'DIB_PYPI_MIRRORS'
  if (receipt) return 'DIB_PYPI_RECEIPT'
  if (lock !== undefined) return 'DIB_PYPI_LOCK'
  return pip.indexes.some(({ credentials }) => credentials !== undefined) ? 'a URL with a password' : undefined
}

/** The variables by which the relay reaches servers as pip would from the host. */
const forServers = /_proxy$|^(?:PIP_PROXY|PIP_CERT|PIP_CLIENT_CERT|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|SSL_CERT_FILE)$/i

/**
 * What of the hook's environment the relay has to know.
 *
 * @param environment The hook's environment.
 */
export const environmentForRelay = (environment: Environment): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value && forServers.test(name) ? [[name, value]] : [])),
  )
