import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildImage, readFromTarball, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { filesWith, makeSecret, watchProcesses } from '../support/observation/secret.js'
import { serveGuarded } from '../support/servers/guarded-index.js'
import { makeMirror } from '../support/servers/mirror.js'
import { serveMirror } from '../support/servers/server.js'

needsRoot(t)

const showEnvironment = '#!/bin/bash\nset -eu\necho "hook of $0"\nexport -p\n'

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
      { name: 'demo-app', version: '1.0', text: 'import corp_lib', requirements: ['corp-lib'] },
    ])
    const general = await serveMirror(t, join(servers, 'general'), secrets[1].credentials)
    const [inVariable, byCommand] = secrets.map(({ credentials }) => credentials.replace(/^builder:/, ''))
    mkdirSync(join(servers, 'store'), { mode: 0o700 })
    writeFileSync(join(servers, 'store', 'general'), `${byCommand}\n`, { mode: 0o600 })
    const file = join(scratch, 'mirrors.ini')
    const lines = [
      '# The higher version of corp-lib is in the second.',
      '[corp]',
      ...corp.lines,
      'password-env = CORP_PASSWORD',
      'projects = corp-*',
      '',
      '[general]',
      `url = http://127.0.0.1:${general.port}/simple`,
      'username = builder',
      'password-command = cat "$PASSWORD_STORE_DIR/general"',
      '',
    ]
    writeFileSync(file, lines.join('\n'))
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
python3 -m pip install --target /opt/demo demo-app
PYTHONPATH=/opt/demo python3 -c 'import demo_app'
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
  },
)
