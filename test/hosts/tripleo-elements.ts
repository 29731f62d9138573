import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type BuiltImage, buildImage, localMirror, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { differences, readTree, type Tree } from '../support/observation/tree.js'
import { tripleoElements } from '../support/setup/fixtures.js'

needsRoot(t)
const tripleo = await tripleoElements()

const names = ['os-apply-config', 'os-refresh-config', 'pip-manifest']

/** Stands for the element pip-and-virtualenv and for packages of the distribution, which are not to be downloaded. */
const provideVirtualenv = `#!/bin/bash
set -eu
printf '#!/bin/bash\\nexec python3 -m venv "\${@: -1}"\\n' >/usr/local/bin/virtualenv
chmod 755 /usr/local/bin/virtualenv
`

/** Brings the packages where there is no mirror: pip finds them in a folder of the image. */
const bringPackages = `#!/bin/bash
set -eu
sudo cp -r ${join(tripleo, 'wheels')} $TMP_MOUNT_PATH/tmp/wheels
`

/** An image's entries, but for compiled Python, in which times of files are, and dib's own record of the build. */
const treeOf = (scratch: string, { image }: BuiltImage): Tree => {
  const folder = join(scratch, 'image')
  mkdirSync(folder)
  execFileSync('tar', ['-C', folder, '--xattrs', '--xattrs-include=*', '-xpf', image])
  const tree = readTree(folder)
  rmSync(folder, { recursive: true })
  return Object.fromEntries(
    Object.entries(tree).filter(
      ([path]) => !/__pycache__|^\/etc\/dib-manifests\/dib_(?:environment|arguments)$|^\/var\/log\/dib/.test(path),
    ),
  )
}

t.test(
  "TripleO's os-apply-config, os-refresh-config and pip-manifest make the same image with and without the element",
  async (t) => {
    const scratch = scratchFolder(t)
    const elements = join(scratch, 'elements')
    for (const name of names)
      cpSync(join(tripleo, 'elements', name), join(elements, name), {
        recursive: true,
        filter: (path) => !/\/(?:package-installs\.yaml|pkg-map|element-deps)$/.test(path),
      })
    mkdirSync(join(scratch, 'cache', 'pypi'), { recursive: true })
    cpSync(join(tripleo, 'wheels'), localMirror(scratch), { recursive: true })
    const build = async (withPypi: boolean): Promise<[Tree, string]> => {
      const built = await buildImage(scratch, {
        withPypi,
        elements: ['install-types', 'manifests', ...names],
        elementsPath: [elements],
        options: ['--offline'],
        hooks: {
          // A template, as other elements have them: os-apply-config's last hook fails without any.
          'os-apply-config/etc/demo.conf': '{{demo}}\n',
          'pre-install.d/50-provide-virtualenv': provideVirtualenv,
          ...(withPypi ? {} : { 'extra-data.d/50-bring-packages': bringPackages }),
        },
        environment: {
          DIB_RELEASE: 'any',
          ...(withPypi ? {} : { PIP_NO_INDEX: '1', PIP_FIND_LINKS: '/tmp/wheels' }),
        },
      })
      succeeded(t, built)
      return [treeOf(scratch, built), built.log]
    }
    const [withElement, log] = await build(true)
    t.match(log, /^pypi: the image holds no mirror configuration/m)
    t.notMatch(log, /^pypi: (?:warning|error)/m)
    const [without] = await build(false)
    t.ok(withElement['/opt/stack/venvs/os-apply-config/bin/os-apply-config'], 'it is installed')
    t.ok(withElement['/etc/dib-manifests/dib-manifests-pip/dib-manifest-pip-os_refresh_config'], 'and recorded')
    t.same(
      differences(without, withElement).filter((line) => !/: time$/.test(line)),
      [],
    )
  },
)
