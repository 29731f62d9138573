import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { type RanPhases, runPhases } from '../support/builds/run-phases.js'
import { differences, readTree } from '../support/observation/tree.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const muslRoot = await fixtures.muslRoot()

/** Places in the image, what on the host a link there could lead to, and whether that is a folder. */
const places: Readonly<Record<string, readonly [string, 'folder' | 'file']>> = {
  '/tmp': ['/tmp', 'folder'],
  '/tmp/pypi': ['/pypi', 'folder'],
  '/root': ['/home', 'folder'],
  '/root/.pip': ['/pip', 'folder'],
  '/root/.config': ['/config', 'folder'],
  '/root/.pip/pip.conf': ['/pip/pip.conf', 'file'],
  '/root/.pydistutils.cfg': ['/home/.pydistutils.cfg', 'file'],
}

/** Files of the host, at all places to which such links lead. */
const makeHost = (folder: string): void => {
  const make = `
mkdir -p "$0"/tmp/pypi "$0"/pypi "$0"/home/.pip "$0"/home/.config/uv "$0"/pip "$0"/config/uv "$0"/config/pip
for file in pypi/package home/.pip/pip.conf home/.pydistutils.cfg home/.config/uv/uv.toml pip/pip.conf config/uv/uv.toml; do
    echo "of the host" >"$0/$file"
done
touch -d '2001-02-03 04:05:06.123456789' $(find "$0")`
  execFileSync('bash', ['-euc', make, folder])
}

const environment = {
  DIB_PYPI_RELAY: 'never',
  DIB_PYPI_MIRROR_URL: 'http://user:secret@127.0.0.1:1/simple',
  DIB_PYPI_UNREACHABLE: 'keep',
  DIB_PIP_RETRIES: '0',
  DIB_OFFLINE: '1',
}

/** Runs the hooks in an image with a link, and says that they left the host alone, whatever else became of them. */
const run = async (t: Test, prepare: (host: string) => string): Promise<RanPhases> => {
  const scratch = scratchFolder(t)
  const host = join(scratch, 'host')
  makeHost(host)
  const before = readTree(host)
  const ran = await runPhases(scratch, {
    root: muslRoot,
    environment,
    prepare: `mkdir -p "$DIB_IMAGE_CACHE/pypi/mirror"\n${prepare(host)}`,
    inChroot: 'cat /root/.pip/pip.conf /root/.pydistutils.cfg; [ ! -e /root/.config/uv ] || cat /root/.config/uv/*',
  })
  t.same(differences(before, readTree(host)), [], "the host's files are as they were")
  t.same(ran.mountedOutside, [], 'and nothing is mounted there')
  return ran
}

const works = (t: Test, ran: RanPhases): void => {
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.match(ran.log, /^index-url = http:\/\/user:secret@127/m, 'what pip follows the link to is mounted over')
  t.match(ran.log, /^index_url = http:\/\/user:secret@127/m)
  t.same(ran.differences, [], 'and the image is as it was')
}

const isRefused = (t: Test, ran: RanPhases, message: RegExp): void => {
  t.not(ran.status, 0)
  t.match(ran.log, message)
  t.equal(ran.log.match(/^pypi: error/gm)?.length, 1, 'in one line')
  t.notMatch(ran.log, /secret/)
}

/** Which of the places are links in one image: none is below another. */
const images: readonly (readonly string[])[] = [
  ['/tmp'],
  ['/tmp/pypi'],
  ['/root'],
  ['/root/.pip', '/root/.config', '/root/.pydistutils.cfg'],
  ['/root/.pip/pip.conf'],
]

for (const links of images) {
  const names = links.join(', ')
  for (const [kind, way] of Object.entries({ 'an absolute link': '', 'a climbing link': '../../../../../../../..' })) {
    const of = (command: (place: string, target: string, type: 'folder' | 'file') => string): string =>
      links.map((place) => command(place, ...(places[place] ?? ['', 'file']))).join('\n')
    const link = (host: string): string =>
      of(
        (place, target) =>
          `mkdir -p "$(dirname "$ROOT${place}")"; rm -rf "$ROOT${place}"; ln -s "${way}${host}${target}" "$ROOT${place}"`,
      )
    const make = (host: string): string =>
      of((_, target, type) =>
        type === 'folder'
          ? `mkdir -p "$ROOT${host}${target}"`
          : `mkdir -p "$(dirname "$ROOT${host}${target}")"; echo '[list]' >"$ROOT${host}${target}"`,
      )
    const check = (t: Test, ran: RanPhases): void => {
      if (names.startsWith('/tmp')) {
        isRefused(t, ran, new RegExp(`^pypi: error: \\S+${names} in the image is a symbolic link`, 'm'))
        t.same(ran.mounted, ['/proc'], 'before anything is mounted')
      } else works(t, ran)
    }
    const becomes = names.startsWith('/tmp') ? 'refused' : 'followed in the image alone'

    t.test(`${names}: ${kind} to what the image has, is ${becomes}`, async (t) =>
      check(t, await run(t, (host) => `${make(host)}\n${link(host)}`)),
    )
    t.test(`${names}: ${kind} to nothing in the image, but to what the host has, is ${becomes}`, async (t) =>
      check(t, await run(t, link)),
    )
  }
}

t.test('links behind links are followed in the image', async (t) => {
  const ran = await run(
    t,
    (host) => `
mkdir -p $ROOT/srv/home $ROOT/srv/pip $ROOT${host}/pip
rmdir $ROOT/root
ln -s ../../../srv/home $ROOT/root
ln -s ${host}/link $ROOT/srv/home/.pip
ln -s ../../../../../../srv/pip $ROOT${host}/link
ln -s ../../etc/own.conf $ROOT/srv/pip/pip.conf
echo '[list]' >$ROOT/etc/own.conf`,
  )
  works(t, ran)
})

t.test('a link that leads to itself is refused', async (t) => {
  isRefused(
    t,
    await run(t, () => 'mkdir $ROOT/root/.pip; ln -s pip.conf $ROOT/root/.pip/pip.conf'),
    /^pypi: error: \/root\/\.pip\/pip\.conf in the image is a link that leads to itself: remove it$/m,
  )
})

t.test('a pip.conf that is a link to a folder is refused', async (t) => {
  isRefused(
    t,
    await run(t, () => 'mkdir -p $ROOT/root/.pip $ROOT/srv/folder; ln -s /srv/folder $ROOT/root/.pip/pip.conf'),
    /^pypi: error: \/root\/\.pip\/pip\.conf in the image is not a file/m,
  )
})
