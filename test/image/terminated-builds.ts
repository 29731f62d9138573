import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildImage, ownLines, scratchFolder } from '../support/builds/build-image.js'
import { pathWith } from '../support/builds/path.js'
import { needsRoot } from '../support/builds/root.js'
import { changedMounts, watchHost, watchMounts } from '../support/observation/harm.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const bareRootTarball = await fixtures.bareRootTarball()

/** A moment of dib's undoing at which our hook mounts. dib's EXIT trap does not wait for the hook: it unmounts, removes. */
interface Moment {
  /** bash in the sudo that dib and the hook are given: when the hook may mount, and what dib waits for. */
  readonly sudo: string
  readonly environment?: Readonly<Record<string, string>>
  /** Whether the hook is told to end as well, as a CI system ends a whole process group. */
  readonly endsHook?: boolean
  /** Whether dib gives up at what it cannot remove, and leaves what it mounted for its build. */
  readonly dibGivesUp?: boolean
}

const afterRemoval = `
case "$*" in
    "mount --no-mtab "*)
        echo $PPID >hook
        until [ -e removed ]; do sleep 0.02; done ;;
    "rm -rf "*/mnt) /usr/bin/sudo "$@"; status=$?; touch removed; exit $status ;;
esac`

const moments: Readonly<Record<string, Moment>> = {
  'after dib has unmounted, before it removes': {
    sudo: `
case "$*" in
    "mount --no-mtab "*)
        echo $PPID >hook
        until [ -e removing ]; do sleep 0.02; done
        /usr/bin/sudo "$@"; status=$?; touch mounted; exit $status ;;
    "rm -rf "*/mnt) touch removing; until [ -e mounted ]; do sleep 0.02; done ;;
esac`,
    dibGivesUp: true,
  },
  'after dib has removed the root': { sudo: afterRemoval },
  'after dib has removed the root, though told to end itself': { sudo: afterRemoval, endsHook: true },
  'after dib has removed the whole build folder': {
    environment: { DIB_NO_TMPFS: '1' },
    sudo: `
case "$*" in
    "mount --no-mtab "*)
        echo $PPID >hook
        while [ -e tmp/dib_build.* ]; do sleep 0.02; done ;;
esac`,
  },
}

for (const [name, { sudo, environment, endsHook = false, dibGivesUp = false }] of Object.entries(moments)) {
  t.test(`where disk-image-create is told to end, and our hook mounts ${name}, it is undone`, async (t) => {
    const scratch = scratchFolder(t)
    const host = watchHost(scratch)
    const ended = await buildImage(scratch, {
      root: bareRootTarball,
      options: ['--offline'],
      environment: { PATH: pathWith(join(scratch, 'bin'), 'sudo', `${sudo}\nexec /usr/bin/sudo "$@"`), ...environment },
      runBy: [
        ...watchMounts('', 'while kill -0 "$(cat hook)" 2>/dev/null; do sleep 0.02; done'),
        'bash',
        '-uc',
        `"$@" & dib=$!
until [ -s hook ]; do sleep 0.02; done
kill -TERM $dib ${endsHook ? '$(cat hook)' : ''}
wait $dib`,
        'bash',
      ],
    })
    t.equal(ended.status, 143, 'the signal ends the build', { log: ended.log.slice(-3000) })
    t.match(
      ownLines(ended.log)
        .filter((line) => line.startsWith('error'))
        .join('\n'),
      /^error: \S+\/mnt was removed while this hook ran: disk-image-create was ended$/,
      'the hook says so, in one line',
    )
    t.same(
      changedMounts(ended.image).filter((line) => !(dibGivesUp && /^left: \S+\/dib_[^/]*$/.test(line))),
      [],
      'nothing of ours is mounted',
    )
    if (!dibGivesUp) t.same(host.leftovers(), [], 'no folder is left')
    t.same(host.harm(), [], 'the mirror and the host are as they were')
    t.notOk(existsSync(ended.image))
  })
}
