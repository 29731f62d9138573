import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { project } from '../../build/project.js'
import { scratchFolder } from '../support/builds/build-image.js'
import { cleanEnvironment } from '../support/builds/clean-environment.js'
import { needsRoot } from '../support/builds/root.js'
import { standardBuild } from '../support/builds/standard-build.js'
import { documented } from '../support/servers/recipes.js'

needsRoot(t)

t.test(
  'the wheel of make dist, which pip installs in a virtual environment, gives a build our element by the line of docs/packaging.md',
  async (t) => {
    const scratch = scratchFolder(t)
    const [dist, venv] = [join(scratch, 'dist'), join(scratch, 'venv')]
    const env = cleanEnvironment({ PATH: `${join(venv, 'bin')}:${process.env['PATH']}` })
    execFileSync(join(project, 'build', 'dist.sh'), [dist], { env })
    const wheel = readdirSync(dist).filter((name) => name.endsWith('.whl'))
    execFileSync('/usr/bin/python3', ['-m', 'venv', venv], { env })
    execFileSync('pip', ['install', '--quiet', '--no-index', ...wheel], { cwd: dist, env })
    const line = documented('packaging.md', 'As a package', 0)
    const elementsPath = execFileSync('bash', ['-euc', `${line}printf %s "$ELEMENTS_PATH"`], { env, encoding: 'utf8' })
    t.ok(elementsPath.startsWith(`${venv}/share/dib-pypi-element/elements:`), elementsPath)
    // Without the project's own folder: that our lines are in the log shows that the wheel's element was used.
    await standardBuild(t, scratch, { isDibsOwn: true, elementsPath: elementsPath.split(':').slice(0, 1) })
  },
)
