import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  files,
  makeEmptyElement,
  ours,
  type Row,
  testPackages,
  textOf,
  writeFiles,
} from '../support/builds/package-rows.js'
import { needsRoot } from '../support/builds/root.js'
import { type RanPhases, runPhases } from '../support/builds/run-phases.js'
import { scratchFolder } from '../support/builds/scratch.js'
import { rpmRoot } from '../support/setup/fixtures.js'

needsRoot(t)

const root = await rpmRoot()
const scratch = scratchFolder(t)

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
    element: makeEmptyElement(scratch),
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

const ofRpm = await Promise.all([ofKinds('%config', '%config(noreplace)'), ofKinds('%config(noreplace)', '%config')])

testPackages(t, scratch, root, ofRpm.flat())

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
    const [own, written] = ['/etc/uv/uv.toml', '/etc/xdg/uv/uv.toml']
    const come = async (text: string): Promise<RanPhases> => {
      const packages = await makeRpms({ [own]: '%config(noreplace)' }, () => text)
      return runPhases(scratch, {
        root,
        environment: { DIB_OFFLINE: '1' },
        withInstallers: true,
        prepare: `cp ${packages}/v1.rpm $ROOT/srv`,
        inChroot: `${beforeRpm}
/tmp/in_target.d/dib-run-parts /tmp/in_target.d/install.d
sed 's/^/read: /' ${written}
# Nothing listens there: uv says whether it would download a Python.
if UV_PYTHON_INSTALL_MIRROR=http://127.0.0.1:1 UV_HTTP_RETRIES=0 /srv/installers/uv-new/uv venv --python 3.9 /srv/venv; then exit 1; fi`,
        keep: [own, written],
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
      t.equal(ran.kept(written), undefined, 'and ours is not')
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
