import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { localMirror, ownLines, scratchFolder } from '../support/builds/build-image.js'
import { pathWithoutNode } from '../support/builds/path.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const muslRoot = await fixtures.muslRoot()

/** What a user may set by mistake, and the beginning of what the element says of it. */
const refused: readonly (readonly [string, string, RegExp])[] = [
  ['DIB_PIP_RETRIES', 'many', /^DIB_PIP_RETRIES must be a whole number, 0 or more/],
  ['DIB_PIP_RETRIES', '-1', /^DIB_PIP_RETRIES must be a whole number/],
  ['DIB_PIP_RETRIES', '1e3', /^DIB_PIP_RETRIES must be a whole number/],
  ['DIB_PIP_RETRIES', '3.0', /^DIB_PIP_RETRIES must be a whole number/],
  [
    'DIB_PYPI_MIRROR_URL',
    'mirror.example/simple',
    /^DIB_PYPI_MIRROR_URL is not a URL: write one that begins with http:/,
  ],
  ['DIB_PYPI_MIRROR_URL_1', 'ftp://u:secret@mirror.example/', /^DIB_PYPI_MIRROR_URL_1 begins with ftp:\/\/: use http:/],
  [
    'PYPI_MIRROR_URL',
    'http://u:secret@mirror.example/a b',
    /^PYPI_MIRROR_URL has white space .*: name one URL a variable/,
  ],
  [
    'DIB_PYPI_MIRROR_URL',
    'http://u:secret@mirror.example/\n[install]',
    /^DIB_PYPI_MIRROR_URL has white space or a control/,
  ],
  ['DIB_PYPI_MIRROR_URL', 'http://u:secret@mirror.example/\u0001', /^DIB_PYPI_MIRROR_URL has white space or a control/],
  [
    'DIB_PYPI_MIRROR_URL',
    'file://tmp/pypi',
    /^DIB_PYPI_MIRROR_URL is file:\/\/ with two slashes.*write file:\/\/\/tmp\/pypi/,
  ],
  [
    'DIB_PYPI_TRUSTED_HOST',
    'https://mirror.example',
    /^DIB_PYPI_TRUSTED_HOST must be a list of hosts: write host or host:port/,
  ],
  [
    'DIB_PYPI_NODE',
    '/nowhere/node',
    /^no Node\.js at \/nowhere\/node: install Node\.js 18 or later, or unpack one anywhere and name it in DIB_PYPI_NODE/,
  ],
  ['DIB_PYPI_NODE', '/usr', /^no Node\.js at \/usr: install Node\.js 18 or later/],
  [
    'DIB_PYPI_NODE',
    await fixtures.officialNode(12),
    /\/nodes\/12\/.*\/node is Node\.js 12\.\S+: install 18 or later, or unpack one anywhere and name it in DIB_PYPI_NODE/,
  ],
]

const check = async (
  t: Test,
  scratch: string,
  environment: Readonly<Record<string, string>>,
  message: RegExp,
): Promise<void> => {
  const ran = await runPhases(scratch, { environment, root: muslRoot, compare: false })
  t.equal(ran.status, 1, `${Object.keys(environment)} ends the build`, { log: ran.log.slice(-2000) })
  const errors = ownLines(ran.log).filter((line) => line.startsWith('error: '))
  t.equal(errors.length, 1, 'in one line')
  t.match(errors[0]?.slice('error: '.length), message)
  t.notMatch(ownLines(ran.log).join('\n'), /secret| {4}at /)
  t.notMatch(ran.log, /00-mount-pypi-mirror completed/, 'in extra-data.d')
  t.same(ran.mounted, ['/proc'], 'nothing of ours was mounted')
}

for (const [variable, value, message] of refused) {
  t.test(`${variable}=${JSON.stringify(value)} is refused before anything is mounted`, async (t) => {
    const scratch = scratchFolder(t)
    mkdirSync(localMirror(scratch), { recursive: true })
    await check(t, scratch, { [variable]: value }, message)
  })
}

t.test('a mirror that is not a folder is refused before anything is mounted', async (t) => {
  const scratch = scratchFolder(t)
  mkdirSync(dirname(localMirror(scratch)), { recursive: true })
  writeFileSync(localMirror(scratch), 'a file')
  await check(t, scratch, {}, /\/cache\/pypi\/mirror \(DIB_IMAGE_CACHE\) is not a folder: move the file away/)
})

t.test('a host without Node.js is told what to install', async (t) => {
  const scratch = scratchFolder(t)
  mkdirSync(localMirror(scratch), { recursive: true })
  const PATH = pathWithoutNode(join(scratch, 'bin'))
  await check(t, scratch, { PATH }, /^no Node\.js at node: install Node\.js 18 or later/)
})
