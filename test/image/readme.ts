import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { project } from '../../build/project.js'
import { buildImage, localMirror, ownLines, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { makeMirror } from '../support/servers/mirror.js'

needsRoot(t)

/** The indented blocks of README.md's section on use. */
const section = /^## Use it\n([\s\S]*?)^## /m.exec(readFileSync(join(project, 'README.md'), 'utf8'))?.[1] ?? ''
const blocks = (section.match(/(?:^ {4}.*\n)+/gm) ?? []).map((block) => block.replace(/^ {4}/gm, ''))

t.test(
  "README.md's own element installs its package from the mirror, by its own command, and the log shows that",
  async (t) => {
    const scratch = scratchFolder(t)
    makeMirror(localMirror(scratch), [{ name: 'requests', version: '2.99', text: "__version__ = '2.99'" }])
    const command = blocks.find((block) => block.includes('disk-image-create')) ?? ''
    // An operating system of the test's, and the element under the name that tests give it.
    t.match(command, /^disk-image-create -o image debian-minimal vm pypi my-element$/m)
    const element = blocks.find((block) => block.startsWith('#!/bin/bash')) ?? ''
    t.match(element, 'pip install requests')
    const built = await buildImage(scratch, {
      // The root has python3-venv: apt-get says so, and needs no network.
      hooks: { 'install.d/50-install-requests': element },
      options: ['--offline'],
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
