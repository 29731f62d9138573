import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { oldRoot, pypiMirrorPackages } from '../setup/fixtures.js'

/** bash, in a mount namespace of its own: the program in a layer over the old root, which has its Python. */
const run = `
mount -t tmpfs tmpfs "$0/layer"
mkdir "$0"/layer/{upper,work,root}
mount -t overlay overlay -o "lowerdir=$1,upperdir=$0/layer/upper,workdir=$0/layer/work" "$0/layer/root"
cd "$0/layer/root"
mkdir srv/packages srv/work srv/mirror
mount --bind "$2" srv/packages
mount --bind "$0/work" srv/work
mount --bind "$3" srv/mirror
printf '#!/bin/sh\\necho "%s"\\n' "$4" >usr/bin/lsb_release
chmod 0755 usr/bin/lsb_release
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/srv/packages chroot . python2.7 -m pypi_mirror.cmd.run_mirror -c /srv/work/mirror.yaml --no-download`

/**
 * Makes a tree by openstack's pypi-mirror 1.0.0 itself, on Python 2.7, of what its pip had downloaded and built: sdists go to
 * folders that are named as their projects write themselves, wheels in the same way to a folder of the distribution. Its own
 * downloads, by pip 1.5 from the official index of its time, are left out (`--no-download`).
 *
 * @param distribution What `lsb_release -i -r -s` says, such as `Debian 12`: `Debian-12` is the wheels' folder.
 */
export const runPypiMirror = async (
  scratch: string,
  mirror: string,
  sdists: string,
  wheels: string,
  distribution: string,
): Promise<void> => {
  const folder = join(scratch, 'pypi-mirror')
  const work = join(folder, 'work')
  const downloads = join(work, 'pip', 'openstack')
  for (const path of [mirror, join(folder, 'layer'), downloads, join(work, 'wheelhouse')])
    mkdirSync(path, { recursive: true })
  // pip 1.5 names what is in its download cache by the URL, and keeps the type beside it.
  for (const name of readdirSync(sdists)) {
    const cached = join(downloads, encodeURIComponent(`https://mirror.example/packages/${name}`))
    copyFileSync(join(sdists, name), cached)
    writeFileSync(`${cached}.content-type`, 'application/x-gzip')
  }
  for (const name of readdirSync(wheels)) copyFileSync(join(wheels, name), join(work, 'wheelhouse', name))
  writeFileSync(
    join(work, 'mirror.yaml'),
    'cache-root: /srv/work\nmirrors:\n  - name: openstack\n    projects: []\n    output: /srv/mirror\n',
  )
  execFileSync(
    'unshare',
    [
      '-m',
      '--propagation',
      'private',
      'bash',
      '-euc',
      run,
      folder,
      await oldRoot(),
      await pypiMirrorPackages(),
      mirror,
      distribution,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
}
