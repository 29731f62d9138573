import t from 'tap'
import { localMirror, scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { makeMirror } from '../support/servers/mirror.js'

needsRoot(t)

/** Configurations on which OpenSSL, and Node.js with it, ends: an error in the file, a module that is not there. */
const configurations = {
  'an error': 'openssl_conf = nowhere\nnodejs_conf = nowhere\n[half',
  'a FIPS module that is missing': `openssl_conf = init
nodejs_conf = init
.include /usr/local/ssl/fipsmodule.cnf
[init]
providers = provider_sect
[provider_sect]
fips = fips_sect
[fips_sect]
activate = 1
module = /nowhere/fips.so
`,
}

for (const [what, text] of Object.entries(configurations)) {
  t.test(`the image's openssl.cnf, with ${what}, does not reach the hook's Node.js`, async (t) => {
    const scratch = scratchFolder(t)
    makeMirror(localMirror(scratch), [{ name: 'demo-app', version: '1', text: 'x = 1' }])
    const ran = await runPhases(scratch, {
      environment: {
        // Nothing listens there; the hook sets up TLS for its turn through the proxy, which is none.
        DIB_PYPI_MIRROR_URL: 'https://127.0.0.1:1/simple',
        DIB_PYPI_MIRROR_URL_1: 'file:///tmp/pypi',
        DIB_NO_PYPI_PIP: '1',
        OPENSSL_CONF: '/etc/ssl/openssl.cnf',
      },
      prepare: `cat >$ROOT/etc/ssl/openssl.cnf <<'END'\n${text}END`,
    })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-3000) })
    t.match(ran.log, /is down \(\d+ ms\): it refuses the connection/)
    t.same(ran.differences, [])
  })
}
