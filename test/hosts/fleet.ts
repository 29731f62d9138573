import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { pointDevpiAt, startDevpi, untilReplicated } from '../support/servers/devpi.js'
import { makeMirror } from '../support/servers/mirror.js'
import { startNginx } from '../support/servers/nginx.js'
import { assignments, documented, recipe } from '../support/servers/recipes.js'
import { serveMirror } from '../support/servers/server.js'
import { freePort } from '../support/servers/start-server.js'

needsRoot(t)

/** A line of a hook that installs a package. */
const install = (requirement: string): string =>
  `python3 -m pip install --no-cache-dir --target "$(mktemp -d)" '${requirement}'\n`

t.test(
  'hosts share devpi-server: a build goes on when it is killed, and another while its upstream is away',
  async (t) => {
    const scratch = scratchFolder(t)
    makeMirror(join(scratch, 'upstream'), [
      { name: 'demo-app', version: '1.0', text: 'x = 1', requirements: ['demo-lib'] },
      { name: 'demo-app', version: '2.0', text: 'x = 2', requirements: ['demo-lib'] },
      { name: 'demo-lib', version: '2.1', text: 'x = 1' },
      { name: 'demo-other', version: '3.0', text: 'x = 1' },
      { name: 'never-asked', version: '1.0', text: 'x = 1' },
    ])
    const upstream = await serveMirror(t, join(scratch, 'upstream'))

    // The fleet, by the commands of docs/mirrors.md.
    const [primaryPort, replicaPort, nginxPort] = [await freePort(), await freePort(), await freePort()]
    const hosts = { 'PRIMARY:3141': `127.0.0.1:${primaryPort}` }
    const primary = await startDevpi(t, scratch, 'devpi-server with a replica', primaryPort)
    await pointDevpiAt(primaryPort, 'choose-one', `http://127.0.0.1:${upstream.port}/simple/`)
    const replica = await startDevpi(t, scratch, 'The replica', replicaPort, hosts)
    const failover = recipe('nginx before both', {
      ...hosts,
      'REPLICA:3142': `127.0.0.1:${replicaPort}`,
      'listen 3140': `listen 127.0.0.1:${nginxPort}`,
    })
    const accesses = `log_format answers '$upstream_addr $upstream_status $uri';\naccess_log answers answers;\n`
    await startNginx(t, join(scratch, 'nginx'), nginxPort, `${accesses}${failover}`)
    let seen = 0
    /** Who answered, with which status, and what for, since the last look. */
    const answers = (): readonly string[] => {
      const all = readFileSync(join(scratch, 'nginx', 'answers'), 'utf8')
        .trim()
        .split('\n')
      const fresh = all.slice(seen)
      seen = all.length
      return fresh
    }
    const index = `http://127.0.0.1:${nginxPort}/root/pypi/+simple/`
    const settings = documented('fleet.md', 'nginx before both', 1, { ':3140/': `:${nginxPort}/` })
    const environment = { ...assignments(settings), DIB_PYPI_UNREACHABLE: 'fail' }
    const compare = false

    const first = await runPhases(scratch, {
      environment,
      compare,
      inChroot: `${install('demo-app<2')}${install('demo-other')}`,
    })
    succeeded(t, first)
    t.match(first.log, /Successfully installed demo-app-1\.0 demo-lib-2\.1/)
    t.same(
      // The element asks for the page of pip, too, which is not there.
      answers().filter((line) => !line.startsWith(`127.0.0.1:${primaryPort} 200 `) && !line.endsWith('/pip/')),
      [],
      'the primary answers while it runs',
    )
    await untilReplicated(scratch, ['demo_app-1.0', 'demo_lib-2.1', 'demo_other-3.0'])

    const asked = upstream.requests.length
    const second = await runPhases(scratch, {
      environment,
      compare,
      // The image has the host's network, so that the hook sees for itself when the primary is gone.
      inChroot: `${install('demo-other')}
echo "this is when the primary dies"
bash -c 'for _ in {1..1200}; do (: </dev/tcp/127.0.0.1/${primaryPort}) || break; sleep 0.1; done'
${install('demo-app<2')}`,
      onLine: (line) => {
        // pip may have left the escape sequence that ends its colours before it.
        if (line.endsWith('this is when the primary dies')) void primary.stop('SIGKILL')
      },
    })
    succeeded(t, second)
    t.match(second.log, /Successfully installed demo-app-1\.0 demo-lib-2\.1/, 'the build goes on without the primary')
    const byWhom = answers()
    const forFile = (name: string): string | undefined =>
      byWhom.find((line) => line.includes(`/${name}-`))?.split(' /')[0]
    t.equal(forFile('demo_other'), `127.0.0.1:${primaryPort} 200`, 'before, the primary answers')
    t.equal(forFile('demo_app'), `127.0.0.1:${replicaPort} 200`, 'after, the replica does')
    t.equal(forFile('demo_lib'), `127.0.0.1:${replicaPort} 200`)
    t.same(upstream.requests.slice(asked), [], 'from its own copies: the upstream is not asked')
    t.equal((await fetch(index)).status, 200, 'the next build finds the index, too')
    t.equal(
      (await fetch(`${index}never-asked/`)).status,
      502,
      'a project that was never asked for waits for the primary',
    )

    await upstream.stop()
    await replica.stop()
    await startDevpi(t, scratch, 'A restart without the upstream', primaryPort)
    for (let tries = 0; tries < 3000 && (await fetch(index)).status !== 200; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const third = await runPhases(scratch, {
      environment,
      compare,
      inChroot: install('demo-app'),
    })
    succeeded(t, third)
    t.match(
      third.log,
      /Successfully installed demo-app-1\.0 demo-lib-2\.1/,
      'with --offline-mode it does not list the newer release, of which it has no file',
    )
  },
)
