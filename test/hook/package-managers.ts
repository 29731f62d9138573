import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { files, ours, type Row, testPackages, writeFiles } from '../support/builds/package-rows.js'
import { needsRoot } from '../support/builds/root.js'
import { scratchFolder } from '../support/builds/scratch.js'
import { smallRoot } from '../support/setup/fixtures.js'

needsRoot(t)

const scratch = scratchFolder(t)

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

testPackages(t, scratch, await smallRoot(), ofDpkg)
