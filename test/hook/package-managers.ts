import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { type RanPhases, runPhases } from '../support/builds/run-phases.js'
import { rpmRoot } from '../support/setup/fixtures.js'

needsRoot(t)

const root = await rpmRoot()

/** Files that a package owns: two that we do not mount over, and three that we do. */
const files: readonly string[] = [
  '/etc/pip.conf',
  '/etc/uv/uv.toml',
  '/etc/xdg/pip/pip.conf',
  '/etc/xdg/uv/uv.toml',
  '/root/.config/uv/uv.toml',
]
const endings = ['', '.dpkg-dist', '.dpkg-old', '.dpkg-new', '.rpmnew', '.rpmsave', '.rpmorig']
const kept = files.flatMap((path) => endings.map((ending) => path + ending))

/** A file's text in a version of the package. */
const textOf = (path: string, version: number): string => {
  const index = `http://127.0.0.1:1/${version}`
  return path.endsWith('.toml')
    ? `index-url = "${index}"\nconcurrent-downloads = ${version}\n`
    : `[global]\nindex-url = ${index}\ntimeout = ${version}\n`
}

/** Writes files of a version of the package into a folder. */
const writeFiles = (folder: string, paths: readonly string[], version: number, text = textOf): void => {
  for (const path of paths) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), text(path, version))
  }
}

const scratch = scratchFolder(t)

/** Our hooks' place without them. */
const none = join(scratch, 'none')
for (const phase of ['extra-data.d', 'pre-install.d', 'cleanup.d']) mkdirSync(join(none, phase), { recursive: true })

/** Makes both versions of the package, v1.deb and v2.deb. */
const makeDebs = (): string => {
  const folder = join(scratch, 'debs')
  for (const version of [1, 2]) {
    const tree = join(folder, `v${version}`)
    writeFiles(tree, files, version)
    mkdirSync(join(tree, 'DEBIAN'))
    writeFileSync(
      join(tree, 'DEBIAN', 'control'),
      `Package: pip-settings\nVersion: ${version}\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: settings of pip\n`,
    )
    writeFileSync(join(tree, 'DEBIAN', 'conffiles'), files.map((path) => `${path}\n`).join(''))
    execFileSync('dpkg-deb', ['--root-owner-group', '-b', tree, `${tree}.deb`])
  }
  return folder
}

/**
 * Makes both versions of a package by the image's own rpmbuild, v1.rpm and v2.rpm.
 *
 * @param kinds Its files, each with what the spec says of it: %config, or nothing.
 * @returns Their folder.
 */
const makeRpms = async (kinds: Readonly<Record<string, string>>, text = textOf): Promise<string> => {
  const sources = mkdtempSync(join(scratch, 'rpms-'))
  for (const version of [1, 2]) writeFiles(join(sources, `v${version}`), Object.keys(kinds), version, text)
  writeFileSync(
    join(sources, 'pip-settings.spec'),
    `Name: pip-settings
Version: %{number}
Release: 1
Summary: Settings of pip
License: none
BuildArch: noarch
AutoReqProv: no
%description
Settings of pip.
%install
cp -r /srv/v%{number}/. %{buildroot}
%files
${Object.entries(kinds)
  .map(([path, kind]) => `${kind} ${path}\n`)
  .join('')}`,
  )
  const made = await runPhases(scratch, {
    root,
    element: none,
    prepare: `cp -r '${sources}'/* $ROOT/srv`,
    inChroot: `for number in 1 2; do
    rpmbuild -bb --quiet --define "number $number" --define "_topdir /srv/build" --define "__os_install_post %{nil}" /srv/*.spec
    mv /srv/build/RPMS/noarch/*.rpm /srv/v$number.rpm
done`,
    keep: ['/srv/v1.rpm', '/srv/v2.rpm'],
    compare: false,
  })
  for (const name of ['v1.rpm', 'v2.rpm'])
    writeFileSync(join(sources, name), made.kept(`/srv/${name}`) ?? '', { encoding: 'latin1' })
  return sources
}

/** What is done in install.d, on an image that has the package's first version or not, and what the log has to name. */
interface Row {
  readonly does: string
  /** The folder of the packages, on the host. */
  readonly packages: string
  readonly before: string
  readonly command: string
  readonly warned?: readonly string[]
  /** Whether the image ends as without ours although the log warns. */
  readonly isSame?: boolean
}

const ours = files.slice(2)
const debs = makeDebs()
const installDeb = 'dpkg -i /srv/v1.deb'

const ofDpkg: readonly Row[] = [
  { does: 'installs a package', packages: debs, before: 'true', command: 'dpkg --force-confnew -i /srv/v2.deb' },
  { does: 'installs a package', packages: debs, before: 'true', command: 'dpkg --force-confold -i /srv/v2.deb' },
  {
    does: 'upgrades a package',
    packages: debs,
    before: installDeb,
    command: 'dpkg --force-confnew -i /srv/v2.deb',
    warned: ours.map((path) => `${path}.dpkg-old`),
  },
  {
    does: 'upgrades a package',
    packages: debs,
    before: installDeb,
    command: 'dpkg --force-confold -i /srv/v2.deb',
    warned: ours.map((path) => `${path}.dpkg-dist`),
  },
  { does: 'removes a package', packages: debs, before: installDeb, command: 'dpkg -r pip-settings' },
  { does: 'purges a package', packages: debs, before: installDeb, command: 'dpkg -P pip-settings' },
]

// Debian's rpm asks to be forced; other distributions' take no such option.
const rpm = 'rpm --force-debian'
const beforeRpm = `${rpm} -i /srv/v1.rpm`
const ofKinds = async (ofPip: string, ofUv: string): Promise<readonly Row[]> => {
  // Root's uv.toml is a file of the package that is not configuration.
  const kindOf = (path: string): string => (path.startsWith('/root') ? '' : path.endsWith('.toml') ? ofUv : ofPip)
  const packages = await makeRpms(Object.fromEntries(files.map((path) => [path, kindOf(path)])))
  const saved = (one: string): string => (one === '%config' ? '.rpmsave' : '.rpmnew')
  const [pips = '', uvs = ''] = ours
  const of = `whose files are ${ofPip} of pip and ${ofUv} of uv`
  return [
    { does: `installs a package ${of}`, packages, before: 'true', command: `${rpm} -U /srv/v2.rpm` },
    {
      does: `upgrades a package ${of}`,
      packages,
      before: beforeRpm,
      command: `${rpm} -U /srv/v2.rpm`,
      warned: [pips + saved(ofPip), uvs + saved(ofUv)],
    },
    {
      does: `upgrades, where they were changed by hand, a package ${of}`,
      packages,
      before: `sh -c '${beforeRpm} && echo "# by hand" | tee -a ${ours.join(' ')}'`,
      command: `${rpm} -U /srv/v2.rpm`,
      warned: [pips + saved(ofPip), uvs + saved(ofUv)],
      isSame: true,
    },
    {
      does: `removes a package ${of}`,
      packages,
      before: beforeRpm,
      command: `${rpm} -e pip-settings`,
      warned: [`${pips}.rpmsave`, `${uvs}.rpmsave`],
    },
  ]
}

const run = ({ packages, before, command }: Row, withElement: boolean): Promise<RanPhases> =>
  runPhases(scratch, {
    root,
    environment: { DIB_OFFLINE: '1' },
    ...(withElement ? {} : { element: none }),
    prepare: `cp '${packages}'/v?.* $ROOT/srv\nchroot $ROOT ${before}`,
    inChroot: withElement ? `${command}\npython3 -m pip config list` : command,
    keep: kept,
    compare: false,
  })

const ofRpm = await Promise.all([ofKinds('%config', '%config(noreplace)'), ofKinds('%config(noreplace)', '%config')])

for (const row of [...ofDpkg, ...ofRpm.flat()]) {
  const { does, command, warned = [], isSame = false } = row
  t.test(`an element that ${does} by '${command}' ends as without ours, or the log names the file`, async (t) => {
    const [without, withElement] = await Promise.all([run(row, false), run(row, true)])
    t.equal(without.status, 0, 'it succeeds without ours', { log: without.log })
    t.equal(withElement.status, 0, 'the hooks succeed', { log: withElement.log })
    t.match(withElement.log, /^(?:install|global)\.index-url='file:\/\/\/tmp\/pypi'$/m, 'root asks the mirror')
    const named = kept.filter((path) => withElement.log.includes(`a package manager left ${path} in the image`))
    t.same(named, warned)
    const about = (isSame ? [] : warned).flatMap((path) => [path, path.replace(/\.(?:dpkg-|rpm)\w+$/, '')])
    for (const path of kept.filter((one) => !about.includes(one)))
      t.equal(withElement.keptEntry(path), without.keptEntry(path), path)
    for (const path of kept) t.notMatch(withElement.kept(path) ?? '', /pypi/, `nothing of ours in ${path}`)
  })
}

t.test(
  'an /etc/pip.conf with an index in [install] is mounted over by itself, which the log says: rpm fails to replace it',
  async (t) => {
    const [upgrade] = ofRpm.flat().filter(({ does }) => does.startsWith('upgrades'))
    const ran = await runPhases(scratch, {
      root,
      environment: { DIB_OFFLINE: '1' },
      prepare: `cp '${upgrade?.packages}'/v?.rpm $ROOT/srv
chroot $ROOT ${upgrade?.before}
sed -i s/global/install/ $ROOT/etc/pip.conf`,
      inChroot: upgrade?.command ?? '',
      compare: false,
    })
    t.not(ran.status, 0, 'the build ends')
    t.match(ran.log, /^pypi: mounted over .*, \/etc\/pip\.conf\b/m)
    t.match(
      ran.log,
      /^pypi: \/etc\/pip\.conf itself is mounted over, .* A package that owns it cannot be upgraded or removed/m,
    )
    t.match(ran.log, /\/etc\/pip\.conf.*Device or resource busy/)
  },
)

t.test(
  "an RPM's /etc/uv/uv.toml that comes in install.d is in force for uv behind our lines, unless it names indexes",
  async (t) => {
    const [own, ours] = ['/etc/uv/uv.toml', '/etc/xdg/uv/uv.toml']
    const come = async (text: string): Promise<RanPhases> => {
      const packages = await makeRpms({ [own]: '%config(noreplace)' }, () => text)
      return runPhases(scratch, {
        root,
        environment: { DIB_OFFLINE: '1' },
        withInstallers: true,
        prepare: `cp ${packages}/v1.rpm $ROOT/srv`,
        inChroot: `${beforeRpm}
/tmp/in_target.d/dib-run-parts /tmp/in_target.d/install.d
sed 's/^/read: /' ${ours}
# Nothing listens there: uv says whether it would download a Python.
if UV_PYTHON_INSTALL_MIRROR=http://127.0.0.1:1 UV_HTTP_RETRIES=0 /srv/installers/uv-new/uv venv --python 3.9 /srv/venv; then exit 1; fi`,
        keep: [own, ours],
        compare: false,
      })
    }
    const [followed, unread] = await Promise.all([
      come('python-downloads = "manual"\n'),
      come('no-index = true\npython-downloads = "manual"\n'),
    ])
    for (const ran of [followed, unread]) {
      t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
      t.match(ran.log, /^read: index-url = "file:\/\/\/tmp\/pypi"$/m)
      t.match(ran.kept(own), /^python-downloads = "manual"$/m, 'it is in the image')
      t.equal(ran.kept(ours), undefined, 'and ours is not')
    }
    const warning =
      /^pypi: warning: another element wrote \/etc\/uv\/uv\.toml during the build, but uv read ours instead/m
    const refusal = /Python downloads are set to 'manual'/
    t.match(followed.log, refusal, 'uv downloads no Python')
    t.notMatch(followed.log, warning)
    t.notMatch(unread.log, /^read: no-index/m)
    t.notMatch(unread.log, refusal)
    t.match(unread.log, warning)
  },
)
