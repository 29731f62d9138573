import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { buildImage, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { makeMirror } from '../support/servers/mirror.js'
import { documented, documentedBuilds } from '../support/servers/recipes.js'
import { serveMirror } from '../support/servers/server.js'

needsRoot(t)

t.test(
  'with umask 077 on the host, what one build kept of a server serves another user of the next one, offline, by the same settings',
  async (t) => {
    const scratch = scratchFolder(t)
    const token = randomUUID()
    makeMirror(join(scratch, 'served'), [{ name: 'demo-app', version: '1.0', text: `print('${token}')` }])
    const server = await serveMirror(t, join(scratch, 'served'))
    const install = `python3 -m pip install --no-cache-dir --target $at demo-app && PYTHONPATH=$at python3 -c 'import demo_app'`
    // The two commands of docs/offline.md, beside a server.
    const [fill, again] = documentedBuilds(documented('offline.md', 'Python packages', 0))
    const build = {
      runBy: ['sh', '-c', 'umask 077; exec "$@"', 'sh'],
      environment: {
        DIB_PYPI_MIRROR_URL: `http://127.0.0.1:${server.port}/`,
        DIB_NO_PYPI_PIP: '1',
        ...fill?.environment,
      },
      hooks: {
        'install.d/50-install': `#!/bin/bash
set -eu
chroot --userspec=4321:4321 / env HOME=/nowhere at=/tmp/demo sh -c "umask 022; ${install.replaceAll('$', '\\$')}"
rm -r /tmp/demo
`,
      },
    }
    const online = await buildImage(scratch, build)
    succeeded(t, online)
    t.match(online.log, token)
    t.match(online.log, /pypi: kept 1 new file.*: an offline build can use them/)
    await server.stop()
    const offline = await buildImage(scratch, { ...build, options: again?.options ?? [] })
    succeeded(t, offline)
    t.match(offline.log, token, 'it comes from the folder, which the log of the first build promised')
  },
)
