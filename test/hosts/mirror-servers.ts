import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { buildImage, ownLines, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { makeCertificate } from '../support/servers/certificate.js'
import { makeMirror, makeWheels } from '../support/servers/mirror.js'
import { runBandersnatch } from '../support/servers/mirror-makers.js'
import { serveByNginx } from '../support/servers/nginx.js'
import { recipe } from '../support/servers/recipes.js'
import { freePort, startServer } from '../support/servers/start-server.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const installers = await fixtures.installers()
const mirrorPrograms = await fixtures.mirrorPrograms()

t.test('one build installs over https from a host that the user trusts', async (t) => {
  const scratch = scratchFolder(t)
  makeMirror(join(scratch, 'web', 'simple'), [{ name: 'demo-app', version: '1.0', text: 'x = 1' }])
  const tls = makeCertificate(join(scratch, 'tls'))
  const port = await serveByNginx(t, join(scratch, 'nginx'), join(scratch, 'web'), tls)
  const url = `https://127.0.0.1:${port}/simple/`
  const build = await runPhases(scratch, {
    environment: { DIB_PYPI_MIRROR_URL: url, DIB_NO_PYPI_PIP: '1', DIB_PYPI_TRUSTED_HOST: `127.0.0.1:${port}` },
    inChroot: 'python3 -m pip install --no-cache-dir --target /opt/demo demo-app',
    compare: false,
  })
  succeeded(t, build)
  t.match(build.log, /Successfully installed demo-app-1\.0/)
  t.ok(ownLines(build.log).includes(`${url} answers 200, N ms`), 'the element asked it', { own: ownLines(build.log) })
})

/** Starts pypiserver as a recipe's text has it, but for the port, which is given back. */
const startPypiserver = async (t: Test, log: string, text: string): Promise<number> => {
  const port = await freePort()
  const [, args = ''] = /^mirror-tools\/bin\/pypi-server (.*) &$/m.exec(text) ?? []
  const ownPort = args.replace(/(?<=-p )\d+/, String(port))
  await startServer(t, port, log, join(mirrorPrograms, 'pypi-server'), ownPort.split(' '))
  return port
}

t.test(
  "one build installs from bandersnatch's folder behind nginx, pypiserver, and one that wants a password",
  async (t) => {
    const scratch = scratchFolder(t)
    const [wheels, general, locked] = ['wheels', 'general', 'private'].map((name) => join(scratch, name)) as [
      string,
      string,
      string,
    ]
    makeWheels(wheels, [
      { name: 'from-bandersnatch', version: '1', text: 'import from_pypiserver', requirements: ['from-pypiserver'] },
      { name: 'from-pypiserver', version: '1', text: 'raise SystemExit("an older version, of the first mirror")' },
      { name: 'not-allowed', version: '1', text: 'x = 1' },
    ])
    makeWheels(general, [
      { name: 'from-pypiserver', version: '2', text: 'import from_private', requirements: ['from-private'] },
    ])
    makeWheels(locked, [{ name: 'from-private', version: '3', text: 'print("all three are here")' }])
    const passwords = join(scratch, 'passwords')
    const withPassword = recipe('pypiserver with a password', {
      "'secret'": "'p@ss=w;x'",
      '>passwords': `>${passwords}`,
      '-P passwords': `-P ${passwords}`,
      ' packages &': ` ${locked} &`,
    })
    const [makePasswords = ''] = withPassword.split('\n')
    execFileSync('bash', ['-eu', '-c', makePasswords])

    await runBandersnatch(t, join(scratch, 'home'), join(scratch, 'bandersnatch'), wheels, [
      'from-bandersnatch',
      'from-pypiserver',
    ])
    const bandersnatch = await serveByNginx(t, join(scratch, 'nginx'), join(scratch, 'bandersnatch', 'web'))
    const plain = recipe('pypiserver', { ' packages &': ` ${general} &` })
    const pypiserver = await startPypiserver(t, join(scratch, 'pypiserver.log'), plain)
    const private_ = await startPypiserver(t, join(scratch, 'private.log'), withPassword)
    const refused = await fetch(`http://127.0.0.1:${private_}/simple/from-private/`)
    t.equal(refused.status, 401, 'the third wants a password')

    const build = await buildImage(scratch, {
      environment: {
        DIB_PYPI_MIRROR_URL: `http://127.0.0.1:${bandersnatch}/simple/`,
        DIB_PYPI_MIRROR_URL_1: `http://127.0.0.1:${pypiserver}/simple/`,
        DIB_PYPI_MIRROR_URL_2: `http://builder:p%40ss=w;x@127.0.0.1:${private_}/simple/`,
        // With the relay pip would not say which server it has a file from.
        DIB_PYPI_RELAY: 'never',
        DIB_NO_PYPI_PIP: '1',
      },
      hooks: {
        'root.d/60-bring-uv': `#!/bin/bash
set -eu
for uv in uv-old uv-new; do cp ${installers}/$uv/uv $TARGET_ROOT/srv/$uv; done
`,
        'install.d/50-install': `#!/bin/bash
set -eu
for uv in uv-old uv-new; do
    /srv/$uv pip install --no-cache --system --break-system-packages from-bandersnatch
    echo "by $uv: $(python3 -c 'import from_bandersnatch')"
    /srv/$uv pip uninstall --system --break-system-packages from-bandersnatch from-pypiserver from-private
done
rm /srv/uv-*
python3 -m pip install --no-color --no-cache-dir --target /opt/demo from-bandersnatch
echo "by pip: $(PYTHONPATH=/opt/demo python3 -c 'import from_bandersnatch')"
`,
      },
    })
    succeeded(t, build)
    for (const installer of ['pip', 'uv-old', 'uv-new']) {
      t.match(build.log, new RegExp(`^by ${installer}: all three are here$`, 'm'), `by ${installer}`)
    }
    for (const [file, port] of [
      ['from_bandersnatch-1', bandersnatch],
      ['from_pypiserver-2', pypiserver],
      ['from_private-3', private_],
    ] as const) {
      t.match(build.log, new RegExp(`Downloading http://[^ ]*:${port}/[^ ]*${file}-`), `${file} is of the server's own`)
    }
    t.same(
      ownLines(build.log).filter((line) => line.startsWith('warning: ')),
      [],
    )
    t.notMatch(build.log, /p%40ss|p@ss/, 'the password is not in the log')
  },
)
