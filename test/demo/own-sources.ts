import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * What dib's element debian-minimal is to be told so that it fetches Debian from where this machine's own apt-get does.
 *
 * @returns Variables of debian-minimal and debootstrap; none where this machine is no Debian, so that dib's own defaults hold.
 */
export const debianMirrors = (): Readonly<Record<string, string>> => {
  const [, release] = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? []
  if (release === undefined || !/^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))) return {}
  const siteOf = (codename: string): string | undefined =>
    execFileSync('apt-get', ['indextargets', '--format', '$(SITE)', 'Created-By: Packages', `Codename: ${codename}`], {
      encoding: 'utf8',
    }).split('\n')[0]
  const [site, security] = [siteOf(release), siteOf(`${release}-security`)]
  return {
    DIB_RELEASE: release,
    ...(site && { DIB_DISTRIBUTION_MIRROR: site }),
    ...(security && { DIB_DEBIAN_SECURITY_MIRROR: security }),
  }
}

/**
 * The index of this machine's own pip, where it is not the official one.
 *
 * @returns Variables of the element pypi; none where pip has no index of its own.
 */
export const pipIndex = (): Readonly<Record<string, string>> => {
  const listed = execFileSync('/usr/bin/python3', ['-m', 'pip', 'config', 'list'], { encoding: 'utf8' })
  const [, index] =
    /^:env:\.index-url='(.*)'$/m.exec(listed) ?? /^(?:install|global)\.index-url='(.*)'$/m.exec(listed) ?? []
  return index ? { DIB_PYPI_MIRROR_URL: index, DIB_NO_PYPI_PIP: '1' } : {}
}

/**
 * By what the relay trusts and reaches this machine's package index, as its own pip does.
 *
 * @returns Variables of this machine's environment, which cleanEnvironment() takes out.
 */
export const waysToIndexes = (): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    ['PIP_CERT', 'REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE', 'http_proxy', 'https_proxy', 'no_proxy'].map((name) => [
      name,
      process.env[name],
    ]),
  )
