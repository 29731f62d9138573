import { resolve } from 'node:path'
import t from 'tap'
import { errorMessage, UserError } from '../../../element-src/lib/base/errors.js'
import { indexOptions } from '../../../element-src/lib/config/pip/config-file.js'
import { renderPipConf, renderPydistutilsCfg } from '../../../element-src/lib/config/pip/pip-conf.js'
import { renderUvToml } from '../../../element-src/lib/config/uv/uv-toml.js'
import { easyInstallIndex, officialIndex } from '../../../element-src/lib/settings/index-list.js'
import { type PipSettings, readSettings } from '../../../element-src/lib/settings/settings.js'
import { environments, many, secretMark } from '../../support/arbitrary/any.js'
import { hostsOf, type PythonConfig, readMany } from '../../support/builds/python.js'

type Environment = Readonly<Record<string, string>>

const local = 'file:///tmp/pypi'
const words = (value: string): readonly string[] => value.split(/\s+/).filter(Boolean)
const unique = (list: readonly string[]): readonly string[] => [...new Set(list)].sort()

/** The mirrors that an environment names: the README's table of settings, in other words. */
const mirrorsIn = (environment: Environment): readonly string[] =>
  ['DIB_PYPI_MIRROR_URL', 'PYPI_MIRROR_URL'].flatMap((family) =>
    Object.keys(environment)
      .filter((name) => name.startsWith(family) && /^[A-Za-z0-9_]+$/.test(name))
      .sort()
      .flatMap((name) => environment[name] || []),
  )

/** The one spelling of the local mirror, and of a folder in it, where there is one. */
const canonical = (url: string): string => {
  if (!/^file:/i.test(url)) return url
  try {
    const path = resolve(decodeURIComponent(new URL(url).pathname))
    const isLocal = `${path}/`.startsWith('/tmp/pypi/') && !/%2f/i.test(url)
    return isLocal ? `file://${path.split('/').map(encodeURIComponent).join('/')}` : url
  } catch {
    return url
  }
}

/** What pip is to ask, and easy_install, in order. */
const asked = (environment: Environment, hasFolder: boolean): { indexes: readonly string[]; last: string } => {
  const isAlone = Boolean(environment['DIB_OFFLINE'] || environment['DIB_NO_PYPI_PIP'])
  const named = mirrorsIn(environment).map(hasFolder ? canonical : (url) => url)
  const mirrors = named.length > 0 ? named : hasFolder || isAlone ? [local] : []
  return { indexes: isAlone ? mirrors : [...mirrors, officialIndex], last: mirrors.at(-1) ?? officialIndex }
}

const none = { path: '/root/file', own: undefined }

/** How each file is made, and read back. A file in another format has its own reader. */
const files = {
  pip: { parser: 'RawConfigParser', render: (pip: PipSettings) => renderPipConf(pip, none) },
  easyInstall: {
    parser: 'ConfigParser',
    render: (pip: PipSettings) => renderPydistutilsCfg(easyInstallIndex(pip.indexes), none),
  },
  uv: { parser: 'TOML', render: (pip: PipSettings) => renderUvToml(pip, none) },
} as const

/** The settings that decide where packages come from, and from whom; what else pip.conf has is the same in each build. */
const decisive: readonly string[] = [...indexOptions, 'retries']
const others = (config: PythonConfig | undefined): readonly (readonly [string, string])[] =>
  Object.entries(config?.['global'] ?? {}).filter(([key]) => !decisive.includes(key))

/** A refusal of readSettings, which every other fault is not. */
const attempt = (environment: Environment): { pip: PipSettings } | { refusal: UserError } => {
  try {
    return { pip: readSettings(environment).pip }
  } catch (error) {
    if (error instanceof UserError) return { refusal: error }
    throw error
  }
}

t.test(
  'whatever the environment holds, it is refused by name, or Python reads exactly what was asked for',
  async (t) => {
    const caches = [t.testdir({ with: { pypi: { mirror: {} } }, without: {} })].flatMap((folder) =>
      ['with', 'without'].map((name) => `${folder}/${name}`),
    )
    const dib = { TMP_HOOKS_PATH: '/build/hooks', TMP_MOUNT_PATH: '/build/mnt', TMP_BUILD_DIR: '/build' }
    const samples = many(t, environments, 2000).map((environment, i) => ({
      environment,
      hasFolder: i % 2 === 0,
      ...attempt({ ...dib, DIB_IMAGE_CACHE: String(caches[i % 2]), ...environment }),
    }))
    const refused = samples.flatMap((sample) => ('refusal' in sample ? [sample] : []))
    const taken = samples.flatMap((sample) => ('pip' in sample ? [sample] : []))
    t.ok(refused.length > 200 && taken.length > 500, `${taken.length} are taken, ${refused.length} refused`)

    const complain = (why: string, found: unknown, environment: Environment): void => {
      t.fail(why, { environment: JSON.stringify(environment).replace(/(?:long)+/g, 'long'), found })
    }
    for (const { environment, refusal } of refused) {
      const said = errorMessage(refusal)
      const isNamed = Object.keys(environment).some((name) => said.startsWith(`${name} `))
      if (!isNamed) complain('the refusal names the variable', said, environment)
      if (/[\r\n\u0085\u2028\u2029]/.test(said)) complain('the refusal is one line', said, environment)
      if (said.includes(secretMark)) complain('the refusal has no password', said, environment)
    }

    const readAll = ({ parser, render }: (typeof files)[keyof typeof files]) =>
      readMany(taken.map(({ pip }) => ({ parser, text: render(pip) })))
    const read = { pip: readAll(files.pip), easyInstall: readAll(files.easyInstall), uv: readAll(files.uv) }
    const allHosts = hostsOf(taken.flatMap(({ environment }) => mirrorsIn(environment)))
    let place = 0
    const usual = others(read.pip[0])
    taken.forEach(({ environment, hasFolder }, i) => {
      const { indexes, last } = asked(environment, hasFolder)
      const mirrors = mirrorsIn(environment)
      const hosts = allHosts.slice(place, place + mirrors.length)
      place += mirrors.length
      if (mirrors.some((url, j) => /^http/i.test(url) && hosts[j] === undefined))
        complain('Python finds a host in each mirror of http or https', hosts, environment)
      const trusted = [
        ...mirrors.flatMap((url, j) => (/^http:/i.test(url) ? (hosts[j] ?? []) : [])),
        ...words(environment['DIB_PYPI_TRUSTED_HOST'] ?? ''),
      ].map((host) => host.toLowerCase())
      const found = read.pip[i]
      const global = found?.['global'] ?? {}
      const expected = {
        sections: ['global'],
        indexes: [indexes[0]],
        further: indexes.slice(1),
        trusted: unique(trusted),
        retries: environment['DIB_PIP_RETRIES'] ? String(Number(environment['DIB_PIP_RETRIES'])) : undefined,
        others: usual,
        other: undefined,
      }
      const actual = {
        sections: Object.keys(found ?? {}),
        indexes: [global['index-url']],
        further: words(global['extra-index-url'] ?? ''),
        trusted: unique(words(global['trusted-host'] ?? '').map((host) => host.toLowerCase())),
        retries: global['retries'],
        others: others(found),
        other: global['find-links'] ?? global['no-index'],
      }
      if (JSON.stringify(actual) !== JSON.stringify(expected)) complain('pip.conf', { actual, expected }, environment)
      const easyInstall = { easy_install: { index_url: last, find_links: '' } }
      if (JSON.stringify(read.easyInstall[i]) !== JSON.stringify(easyInstall))
        complain('.pydistutils.cfg', read.easyInstall[i], environment)
      const unverified = words(environment['DIB_PYPI_TRUSTED_HOST'] ?? '')
      const uv = {
        // uv asks this one last (its documentation, Settings).
        'index-url': indexes.at(-1),
        ...(indexes.length > 1
          ? { 'extra-index-url': indexes.slice(0, -1).join(' '), 'index-strategy': 'unsafe-best-match' }
          : {}),
        'no-cache': true,
        ...(unverified.length > 0 ? { 'allow-insecure-host': unique(unverified) } : {}),
      }
      const { 'allow-insecure-host': insecure, ...rest } = read.uv[i]?.[''] ?? {}
      const foundUv = {
        ...rest,
        ...(insecure === undefined ? {} : { 'allow-insecure-host': unique(words(insecure)) }),
      }
      if (JSON.stringify(foundUv) !== JSON.stringify(uv)) complain('uv.toml', { foundUv, uv }, environment)
    })
  },
)
