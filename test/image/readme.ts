import t from 'tap'
import { buildImage, localMirror, ownLines, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { makeMirror } from '../support/servers/mirror.js'
import { documented, documentedBuilds } from '../support/servers/recipes.js'

needsRoot(t)

t.test(
  "README.md's own element installs its package from the mirror, by its own command, and the log shows that",
  async (t) => {
    const scratch = scratchFolder(t)
    makeMirror(localMirror(scratch), [{ name: 'requests', version: '2.99', text: "__version__ = '2.99'" }])
    // An operating system of the test's, and the element under the name that tests give it.
    const [build, ...others] = documentedBuilds(documented('README.md', 'Use it', 0))
    t.same(others, [], 'one command')
    const { ELEMENTS_PATH: _, ...environment } = build?.environment ?? {}
    const element = documented('README.md', 'Use it', 1)
    t.match(element, 'pip install requests')
    const built = await buildImage(scratch, {
      // The root has python3-venv: apt-get says so, and needs no network.
      hooks: { 'install.d/50-install-requests': element },
      options: [...(build?.options ?? []), '--offline'],
      environment,
    })
    succeeded(t, built)
    t.match(built.log, /^2\.99$/m, 'the package of the mirror')
    const said = ownLines(built.log)
    for (const line of [
      /pypi\/mirror is a/,
      /^the build uses index/,
      /^mounted over/,
      /^the image holds no mirror configuration/,
    ])
      t.ok(
        said.some((one) => line.test(one)),
        String(line),
      )
  },
)
