import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { officialIndex } from '../../element-src/lib/settings/index-list.js'
import { buildImage, readFromTarball, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runProgram } from '../support/builds/run.js'
import { filesWith, makeSecret, watchProcesses } from '../support/observation/secret.js'
import { serveGuarded } from '../support/servers/guarded-index.js'
import { makeMirror, makeSdists, sortIntoMirror } from '../support/servers/mirror.js'
import { serveMirror } from '../support/servers/server.js'

needsRoot(t)

const showEnvironment = '#!/bin/bash\nset -eu\necho "hook of $0"\nexport -p\n'

/** What another user of the host can do: read the relay's URLs in pip's arguments, ask for a page, and try to end the relay. */
const attack = `
import os, re, socket
seen = set()
for pid in filter(str.isdigit, os.listdir('/proc')):
    try:
        text = open('/proc/%s/cmdline' % pid, 'rb').read().decode('latin1')
    except OSError:
        continue
    seen.update(re.findall(r'http://127[.]0[.]0[.]1:(\\d+)(/[\\w-]{20,})(/\\d+-[\\w.-]+/simple)', text))
for port, secret, path in sorted(seen):
    for method, what in ('GET', secret + path + '/demo-app/'), ('POST', secret + '/'), ('POST', secret + '/-/end'):
        s = socket.create_connection(('127.0.0.1', int(port)))
        s.sendall(('%s %s HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 0\\r\\n\\r\\n' % (method, what)).encode())
        try:
            answer = s.recv(12).decode()
        except OSError:
            answer = ''
        print(method, what.replace(secret, ''), answer or 'closed')
`

t.test(
  "passwords of a mirrors file reach the servers, and not the image, the log, arguments, dib's record or the chroot",
  async (t) => {
    const scratch = scratchFolder(t)
    const servers = scratchFolder(t)
    const secrets = [makeSecret(), makeSecret()] as const
    const corp = await serveGuarded(
      t,
      join(servers, 'corp'),
      [{ name: 'corp-lib', version: '1.0', text: 'print("corp-lib is from corp")' }],
      secrets[0].credentials,
    )
    makeMirror(join(servers, 'general'), [
      { name: 'corp-lib', version: '9.9', text: 'print("corp-lib is from an attacker")' },
      { name: 'own-lib', version: '9.9', text: 'print("own-lib is from an attacker")' },
      { name: 'demo-app', version: '1.0', text: 'import corp_lib', requirements: ['corp-lib'] },
    ])
    makeSdists(join(servers, 'general'), [{ name: 'demo-source', version: '1.0', text: '' }])
    sortIntoMirror(join(servers, 'general'))
    // What pip builds demo-source with it asks for by a process of its own, which waits here.
    let attacked: ReturnType<typeof runAttack> | undefined
    const runAttack = () =>
      runProgram('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', '/usr/bin/python3', '-c', attack])
    const general = await serveMirror(t, join(servers, 'general'), secrets[1].credentials, (path) => {
      if (path !== '/setuptools/') return undefined
      attacked ??= runAttack()
      return attacked
    })
    const [inVariable, byCommand] = secrets.map(({ credentials }) => credentials.replace(/^builder:/, ''))
    mkdirSync(join(servers, 'store'), { mode: 0o700 })
    writeFileSync(join(servers, 'store', 'general'), `${byCommand}\n`, { mode: 0o600 })
    const file = join(scratch, 'mirrors.ini')
    const lines = [
      '# The higher version of corp-lib is in the second.',
      ...corp.lines,
      'password-env = CORP_PASSWORD',
      'projects = corp-*',
      '',
      // Which is not there.
      '[own]',
      'url = file:///tmp/pypi',
      'projects = own-*',
      '',
      '[general]',
      `url = http://127.0.0.1:${general.port}/simple`,
      'username = builder',
      'password-command = cat "$PASSWORD_STORE_DIR/general"',
      '',
    ]
    writeFileSync(file, lines.join('\n'))
    const [theOfficial, ourGeneral] = [officialIndex, `http://127.0.0.1:${general.port}/simple`]
    const lasting = {
      pip: `[global]\\nindex-url = ${ourGeneral}\\nextra-index-url = ${theOfficial}\\n`,
      uv: `[[index]]\\nurl = "${theOfficial}"\\n[[index]]\\nurl = "${ourGeneral}"\\ndefault = true\\n`,
      readme: `Packages come from ${theOfficial} and ${ourGeneral}\\n`,
    }
    const processes = watchProcesses(10)
    const build = await buildImage(scratch, {
      type: 'tar',
      options: ['-x', '-x', '-u', '--offline'],
      elements: ['manifests'],
      environment: {
        DIB_PYPI_MIRRORS: file,
        DIB_DEBUG_TRACE: '1',
        CORP_PASSWORD: inVariable,
        PASSWORD_STORE_DIR: join(servers, 'store'),
      },
      hooks: {
        ...Object.fromEntries(
          ['pre-install', 'install', 'post-install', 'finalise'].map((phase) => [
            `${phase}.d/98-show-environment`,
            showEnvironment,
          ]),
        ),
        'install.d/50-install': `#!/bin/bash
set -eu
! python3 -m pip install --target /opt/own own-lib
! python3 -m pip install --target /opt/source --no-deps --use-pep517 demo-source
python3 -m pip install --target /opt/demo demo-app
PYTHONPATH=/opt/demo python3 -c 'import demo_app'
`,
        'install.d/90-write': `#!/bin/bash
set -eu
printf '${lasting.pip}' >/etc/xdg/pip/pip.conf
printf '${lasting.uv}' >/etc/xdg/uv/uv.toml
printf '${lasting.readme}' >/root/.config/uv/README
`,
      },
    })
    processes.stop()
    succeeded(t, build)
    t.match(build.log, /^corp-lib is from corp$/m)
    t.equal(build.log.match(/^hook of /gm)?.length, 4)
    t.match(build.log, /^declare -x PASSWORD_STORE_DIR=/m, 'dib gives the chroot the environment of its caller')
    const traces = secrets.flatMap((secret) => secret.traces)
    const hasTrace = (text: string): boolean => traces.some((trace) => text.includes(trace))
    t.same(build.log.split('\n').filter(hasTrace), [], 'the log, with the environment of hooks in the chroot')
    t.same([...processes.commands].filter(hasTrace), [], 'the arguments of processes')
    t.same(await filesWith(traces, [scratch]), [], "the image, and what is left in dib's folders")
    const record = readFromTarball(build.image, '/etc/dib-manifests/dib_environment')
    t.match(record, /^declare -x DIB_PYPI_MIRRORS="\S+\/mirrors\.ini"$/m, "dib's record names the file")
    t.notOk(hasTrace(record), 'and nothing of what is in it')

    t.match(
      build.log,
      /No matching distribution found for own-lib/,
      'what a folder owns that is not there comes from nowhere',
    )
    t.notMatch(build.log, 'own-lib is from')

    const { log: seen } = (await attacked) ?? { log: 'no process of pip asked for setuptools' }
    t.same(
      [
        ...new Set(
          seen
            .trim()
            .split('\n')
            .map((line) => line.replace(/\/\d+-[\w.-]+/, '/N')),
        ),
      ],
      ['GET /N/simple/demo-app/ closed', 'POST / HTTP/1.1 404', 'POST /-/end HTTP/1.1 404'],
      'another user of the host, who reads the URLs of the relay, gets no package, and does not end it',
    )
    t.match(build.log, /^pypi: warning: a process of user 65534 that is not of this build asked for packages: /m)

    const written = (text: string): string => text.replaceAll('\\n', '\n')
    t.equal(
      readFromTarball(build.image, '/etc/xdg/pip/pip.conf'),
      written(lasting.pip),
      'what names public indexes stays',
    )
    t.equal(readFromTarball(build.image, '/etc/xdg/uv/uv.toml'), written(lasting.uv))
    t.equal(readFromTarball(build.image, '/root/.config/uv/README'), written(lasting.readme))
  },
)
