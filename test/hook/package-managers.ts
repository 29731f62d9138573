import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { type RanPhases, runPhases } from '../support/builds/run-phases.js'

needsRoot(t)

/** Files that a package owns: one that we do not mount over, and one that we do. */
const files: readonly string[] = ['/etc/pip.conf', '/etc/xdg/pip/pip.conf']
const endings = ['', '.dpkg-dist', '.dpkg-old', '.dpkg-new']
const kept = files.flatMap((path) => endings.map((ending) => path + ending))

/** Makes a package of that version, whose configuration files say which it is. */
const makeDeb = (folder: string, version: number): string => {
  const root = join(folder, `v${version}`)
  mkdirSync(join(root, 'DEBIAN'), { recursive: true })
  for (const path of files) {
    mkdirSync(join(root, dirname(path)), { recursive: true })
    writeFileSync(join(root, path), `[global]\nindex-url = http://127.0.0.1:1/${version}\ntimeout = ${version}\n`)
  }
  writeFileSync(
    join(root, 'DEBIAN', 'control'),
    `Package: pip-settings\nVersion: ${version}\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: settings of pip\n`,
  )
  writeFileSync(join(root, 'DEBIAN', 'conffiles'), files.map((path) => `${path}\n`).join(''))
  const deb = join(folder, `v${version}.deb`)
  execFileSync('dpkg-deb', ['--root-owner-group', '-b', root, deb])
  return deb
}

/** What is done in install.d, on an image that has the package's first version or not, and what the log has to name. */
const rows: readonly { does: string; hasFirst: boolean; command: string; warned: readonly string[] }[] = [
  { does: 'installs', hasFirst: false, command: 'dpkg --force-confnew -i /srv/v2.deb', warned: [] },
  { does: 'installs', hasFirst: false, command: 'dpkg --force-confold -i /srv/v2.deb', warned: [] },
  {
    does: 'upgrades',
    hasFirst: true,
    command: 'dpkg --force-confnew -i /srv/v2.deb',
    warned: ['/etc/xdg/pip/pip.conf.dpkg-old'],
  },
  {
    does: 'upgrades',
    hasFirst: true,
    command: 'dpkg --force-confold -i /srv/v2.deb',
    warned: ['/etc/xdg/pip/pip.conf.dpkg-dist'],
  },
  { does: 'removes', hasFirst: true, command: 'dpkg -r pip-settings', warned: [] },
  { does: 'purges', hasFirst: true, command: 'dpkg -P pip-settings', warned: [] },
]

const run = (t: Test, hasFirst: boolean, command: string, withElement: boolean): Promise<RanPhases> => {
  const scratch = scratchFolder(t)
  const none = join(scratch, 'none')
  for (const phase of ['extra-data.d', 'pre-install.d', 'cleanup.d']) mkdirSync(join(none, phase), { recursive: true })
  const [first, second] = [makeDeb(scratch, 1), makeDeb(scratch, 2)]
  return runPhases(scratch, {
    environment: { DIB_OFFLINE: '1' },
    ...(withElement ? {} : { element: none }),
    prepare: `cp ${first} ${second} $ROOT/srv\n${hasFirst ? 'chroot $ROOT dpkg -i /srv/v1.deb' : ''}`,
    inChroot: `${command}\npython3 -m pip config list`,
    keep: kept,
    compare: false,
  })
}

for (const { does, hasFirst, command, warned } of rows) {
  t.test(
    `an element that ${does} a package's files by '${command}' ends as without ours, or the log names the file`,
    async (t) => {
      const [without, withElement] = await Promise.all([
        run(t, hasFirst, command, false),
        run(t, hasFirst, command, true),
      ])
      t.equal(without.status, 0)
      t.equal(withElement.status, 0, 'the hooks succeed', { log: withElement.log })
      t.match(withElement.log, /^(?:install|global)\.index-url='file:\/\/\/tmp\/pypi'$/m, 'root asks the mirror')
      const named = kept.filter((path) => withElement.log.includes(`, and left ${path} in the image`))
      t.same(named, warned)
      const about = warned.flatMap((path) => [path, path.replace(/\.dpkg-\w+$/, '')])
      for (const path of kept.filter((one) => !about.includes(one)))
        t.equal(withElement.keptEntry(path), without.keptEntry(path), path)
      for (const path of kept) t.notMatch(withElement.kept(path) ?? '', /pypi/, `nothing of ours in ${path}`)
    },
  )
}

t.test(
  "a package's /etc/uv/uv.toml that comes in install.d is in force behind our lines, unless it names indexes",
  async (t) => {
    const [own, ours] = ['/etc/uv/uv.toml', '/etc/xdg/uv/uv.toml']
    const come = (text: string): Promise<RanPhases> =>
      runPhases(scratchFolder(t), {
        environment: { DIB_OFFLINE: '1' },
        inChroot: `mkdir -p /etc/uv; printf '${text}' >${own}
/tmp/in_target.d/dib-run-parts /tmp/in_target.d/install.d
sed 's/^/read: /' ${ours}`,
        keep: [own, ours],
        compare: false,
      })
    const [followed, unread] = await Promise.all([
      come('python-downloads = "manual"\\n'),
      come('no-index = true\\npython-downloads = "manual"\\n'),
    ])
    for (const ran of [followed, unread]) {
      t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
      t.match(ran.log, /^read: index-url = "file:\/\/\/tmp\/pypi"$/m)
      t.match(ran.kept(own), /^python-downloads = "manual"$/m, 'it is in the image')
      t.equal(ran.kept(ours), undefined, 'and ours is not')
    }
    const warning =
      /^pypi: warning: another element wrote \/etc\/uv\/uv\.toml while the image was built, and uv did not/m
    t.match(followed.log, /^read: python-downloads = "manual"$/m)
    t.notMatch(followed.log, warning)
    t.notMatch(unread.log, /^read: no-index/m)
    t.match(unread.log, warning)
  },
)
