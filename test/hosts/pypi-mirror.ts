import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { localMirror, ownLines, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { makeSdists, makeWheels } from '../support/servers/mirror.js'
import { runPypiMirror } from '../support/servers/pypi-mirror.js'
import { recipeSettings } from '../support/servers/recipes.js'

needsRoot(t)

/** Two packages of which one requires the other, both with names that PEP 503 normalises, as the program keeps them. */
const makeTree = async (scratch: string, token: string): Promise<void> => {
  const packages = [
    {
      name: 'Demo.App',
      version: '1.0',
      text: 'import demo_lib\nprint(demo_lib.token)',
      requirements: ['demo-lib'],
    },
    { name: 'demo_lib', version: '2.1', text: `token = "${token}"` },
  ]
  makeSdists(join(scratch, 'sdists'), packages)
  makeWheels(join(scratch, 'wheels'), packages)
  await runPypiMirror(scratch, localMirror(scratch), join(scratch, 'sdists'), join(scratch, 'wheels'), 'Debian 12')
}

const build = async (t: Test, environment: Readonly<Record<string, string>>, commands: string) => {
  const scratch = scratchFolder(t)
  const token = randomUUID()
  await makeTree(scratch, token)
  const built = await runPhases(scratch, {
    environment: { DIB_OFFLINE: '1', ...environment },
    withInstallers: true,
    inChroot: commands,
    compare: false,
  })
  succeeded(t, built)
  t.same(
    ownLines(built.log).filter((line) => line.startsWith('warning: ')),
    [],
  )
  return { log: built.log, token }
}

t.test("by default, a build installs from the sdists of a tree by openstack's pypi-mirror", async (t) => {
  const { log, token } = await build(
    t,
    {},
    `python3 -m pip install --no-cache-dir --target /opt/demo Demo.App
echo "it says $(PYTHONPATH=/opt/demo python3 -c 'import demo_app')"`,
  )
  t.match(log, new RegExp(`^it says ${token}$`, 'm'))
  t.match(log, /^Processing \/tmp\/pypi\/Demo_App\/Demo_App-1\.0\.tar\.gz/m)
})

t.test("with two settings, a build installs from a distribution's wheels in it, by pip and uv", async (t) => {
  const { log, token } = await build(
    t,
    recipeSettings('pypi-mirror'),
    `python3 -m pip install --no-cache-dir --target /opt/demo Demo.App
echo "by pip: $(PYTHONPATH=/opt/demo python3 -c 'import demo_app')"
for uv in uv-old uv-new; do
    /srv/installers/$uv/uv pip install --no-cache --system --break-system-packages demo-app
    echo "by $uv: $(python3 -c 'import demo_app')"
    /srv/installers/$uv/uv pip uninstall --system --break-system-packages demo-app demo-lib
done`,
  )
  for (const installer of ['pip', 'uv-old', 'uv-new'])
    t.match(log, new RegExp(`^by ${installer}: ${token}$`, 'm'), `by ${installer}`)
  t.match(log, /^Processing \/tmp\/pypi\/Debian-12\/Demo\S*\.whl/m)
})
