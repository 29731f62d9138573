import { mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { type RanPhases, runPhases } from '../support/builds/run-phases.js'
import { makeCertificate } from '../support/servers/certificate.js'
import { makeMirror } from '../support/servers/mirror.js'
import { serveByNginx } from '../support/servers/nginx.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const pips = await fixtures.pips()

/** pip's own wheels: the last with nothing but the authorities that it brings, and the newest, which asks the system's. */
const [ownAuthorities = '', newest = ''] = ['pip-22.3', 'pip-26'].map((start) =>
  readdirSync(pips).find((name) => name.startsWith(start)),
)

/** Serves a mirror over https; each run is of an image of its own. */
const prepare = async (t: Test) => {
  const scratch = scratchFolder(t)
  const tls = makeCertificate(join(scratch, 'tls'))
  mkdirSync(join(scratch, 'web'))
  makeMirror(join(scratch, 'simple'), [
    { name: 'demo-app', version: '1.0', text: 'import demo_lib', requirements: ['demo-lib>=2'] },
    { name: 'demo-lib', version: '2.1', text: 'answer = 42' },
  ])
  renameSync(join(scratch, 'simple'), join(scratch, 'web', 'simple'))
  const port = await serveByNginx(t, join(scratch, 'nginx'), join(scratch, 'web'), tls)
  const url = `https://127.0.0.1:${port}/simple/`
  const run = async (environment: Record<string, string> = {}, prepare = ''): Promise<RanPhases> => {
    const bundle = '/etc/ssl/certs/ca-certificates.crt'
    const wheel = `PYTHONPATH=/srv/pips/${ownAuthorities}`
    const pipInstall = 'python3 -m pip install --no-color --no-cache-dir --target /tmp/demo demo-app'
    const uvInstall =
      'UV_HTTP_RETRIES=0 /srv/installers/uv-new/uv pip install --no-cache --python /usr/bin/python3 --target /tmp/demo demo-app'
    const ways = {
      "the image's pip": pipInstall,
      [ownAuthorities]: `${wheel} ${pipInstall}`,
      [`${ownAuthorities} told`]: `PIP_CERT=${bundle} ${wheel} ${pipInstall}`,
      [newest]: `PYTHONPATH=/srv/pips/${newest} ${pipInstall}`,
      uv: uvInstall,
      'uv told': `SSL_CERT_FILE=${bundle} ${uvInstall}`,
    }
    const ran = await runPhases(scratch, {
      environment: { DIB_PYPI_MIRROR_URL: url, DIB_NO_PYPI_PIP: '1', DIB_PIP_RETRIES: '0', ...environment },
      withInstallers: true,
      prepare,
      inChroot: Object.entries(ways)
        .map(
          ([name, way]) => `if ${way}; then echo "${name} installs"; else echo "${name} fails"; fi; rm -rf /tmp/demo`,
        )
        .join('\n'),
      compare: false,
    })
    if (ran.status !== 0) throw new Error(`the hooks fail:\n${ran.log}`)
    return ran
  }
  return { run, authority: tls.authority }
}

const { run, authority } = await prepare(t)

const outcomes = ({ log }: RanPhases): readonly string[] => log.match(/^.*(?: installs| fails)$/gm) ?? []

t.test('a https mirror whose authority the image does not know is refused by each installer', async (t) => {
  const ran = await run()
  t.same(
    outcomes(ran).filter((line) => !line.endsWith(' fails')),
    [],
  )
  t.equal(outcomes(ran).length, 6)
  t.match(ran.log, /CERTIFICATE_VERIFY_FAILED|certificate verify failed/)
  t.match(
    ran.log,
    /^pypi: warning: https:.* is unusable \(\d+ ms\): it has a certificate that the image does not trust .* in root\.d.*DIB_PYPI_RELAY=always.*DIB_PYPI_TRUSTED_HOST/m,
    'the element says so before pip runs',
  )
})

t.test('a https mirror is accepted where DIB_PYPI_TRUSTED_HOST names its host', async (t) => {
  const ran = await run({ DIB_PYPI_TRUSTED_HOST: '127.0.0.1' })
  t.same(
    outcomes(ran).filter((line) => !line.endsWith(' installs')),
    [],
  )
  t.equal(outcomes(ran).length, 6)
})

t.test(
  "a https mirror is accepted where the image knows its authority, by installers that ask the image's own",
  async (t) => {
    const ran = await run(
      {},
      `cp ${authority} $ROOT/usr/local/share/ca-certificates/test.crt; chroot $ROOT update-ca-certificates`,
    )
    t.same(outcomes(ran), [
      "the image's pip installs",
      `${ownAuthorities} fails`,
      `${ownAuthorities} told installs`,
      `${newest} installs`,
      'uv fails',
      'uv told installs',
    ])
    t.notMatch(ran.log, /^pypi: warning: /m)
  },
)
