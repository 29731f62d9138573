import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildImage, localMirror, scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { noRelayIsLeft, relays } from '../support/observation/relays.js'
import { makeMirror } from '../support/servers/mirror.js'
import { tinyRootTarball } from '../support/setup/fixtures.js'

needsRoot(t)

/**
 * Runs disk-image-create, sends it a signal when the marker is there, and goes away when it has ended. Hooks have its process
 * ID, so that what they do can end after it, not before.
 */
const sendSignal = (signal: string, marker: string): readonly string[] => [
  'bash',
  '-uc',
  `(export DIB_TEST_BUILD=$BASHPID; exec "$@") &
until [ -e ${marker} ]; do sleep 0.05; done
kill -${signal} $!
wait $!
exit 99`,
  'bash',
]

for (const [name, signal] of [
  ['is killed', 'KILL'],
  ['is told to end', 'TERM'],
] as const) {
  t.test(`the relay of a build that ${name} ends with it`, async (t) => {
    const scratch = scratchFolder(t)
    makeMirror(localMirror(scratch), [{ name: 'demo-app', version: '1.0', text: 'x = 1' }])
    const marker = join(scratch, 'marker')
    let seen: readonly string[] = []
    const build = await buildImage(scratch, {
      root: await tinyRootTarball(),
      options: ['--offline'],
      runBy: sendSignal(signal, marker),
      environment: { DIB_PYPI_RELAY: 'always' },
      hooks: {
        'install.d/50-wait': '#!/bin/bash\necho now\nwhile [ -d "/proc/$DIB_TEST_BUILD" ]; do sleep 0.1; done\n',
      },
      onLine: (line) => {
        if (!line.endsWith('now')) return
        seen = relays(scratch)
        writeFileSync(marker, '')
      },
    })
    t.equal(build.status, 99, 'the build ends', { log: build.log.slice(-2000) })
    t.equal(seen.length, 1, 'the relay ran while hooks did')
    await noRelayIsLeft(t, scratch)
  })
}
