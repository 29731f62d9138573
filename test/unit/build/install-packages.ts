import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { certificateHint } from '../../../build/certificate-hint.mjs'
import { project } from '../../../build/project.js'
import { cleanEnvironment } from '../../support/builds/clean-environment.js'

const distrusts = 'npm error code SELF_SIGNED_CERT_IN_CHAIN'

/** A project of two packages, one of them for development, and an npm that notes its arguments and does as told. */
const sample = (t: Test, npm: string) => {
  const packages = { '': { dependencies: { a: '^1.0.0' }, devDependencies: { b: '^2.0.0' } } }
  const a = { 'node_modules/a': { version: '1.0.0' } }
  const b = { 'node_modules/b': { version: '2.0.0', dev: true } }
  const optional = { 'node_modules/elsewhere': { version: '3.0.0', optional: true } }
  const folder = t.testdir({
    'package.json': JSON.stringify(packages['']),
    'package-lock.json': JSON.stringify({ packages: { ...packages, ...a, ...b, ...optional } }),
    bin: {},
  })
  writeFileSync(join(folder, 'bin', 'npm'), `#!/bin/sh\necho "$*" >>called\n${npm}\n`, { mode: 0o755 })
  const installed = (what: object): void => {
    mkdirSync(join(folder, 'node_modules'), { recursive: true })
    writeFileSync(join(folder, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: what }))
  }
  const run = (...args: readonly string[]) => {
    const ran = spawnSync(process.execPath, [join(project, 'build', 'install-packages.mjs'), ...args, folder], {
      env: cleanEnvironment({ PATH: `${join(folder, 'bin')}:${process.env['PATH']}` }),
      encoding: 'utf8',
    })
    return { status: ran.status, said: `${ran.stdout}${ran.stderr}` }
  }
  const calls = (): string => (existsSync(join(folder, 'called')) ? readFileSync(join(folder, 'called'), 'utf8') : '')
  return { folder, a, b, installed, run, calls }
}

t.test('npm runs where something that the lock file names is not installed, and else not', async (t) => {
  const { a, b, installed, run, calls } = sample(t, 'echo added 2 packages')
  t.match(run('--omit=dev'), { status: 0, said: /^Installing 1 packages by npm in \S+\n$/ })
  t.match(run(), { status: 0, said: /^Installing 2 packages by npm in \S+\n$/ })
  t.equal(calls(), 'ci --loglevel=error --omit=dev\nci --loglevel=error\n')
  installed(a)
  t.same(run('--omit=dev'), { status: 0, said: '' })
  installed({ ...a, ...b })
  t.same(run(), { status: 0, said: '' })
  t.same(run('--omit=dev'), { status: 0, said: '' }, 'more than is needed stays')
  t.equal(calls().split('\n').length, 3)
  installed({ ...a, 'node_modules/b': { version: '1.9.9', dev: true } })
  run()
  t.equal(calls().split('\n').length, 4, 'another version')
})

t.test('behind a proxy that opens TLS, what to set is said in a line', async (t) => {
  const { run } = sample(t, `echo '${distrusts}' >&2; exit 1`)
  const { status, said } = run('--omit=dev')
  t.equal(status, 1)
  t.match(said, distrusts)
  t.match(said, /^.* NODE_EXTRA_CA_CERTS for npm, and in PIP_CERT for pip\.\n$/m)
  t.match(certificateHint('SSLError(SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] ...'), /PIP_CERT/)
  t.equal(certificateHint('npm error code ECONNREFUSED'), undefined)
})

t.test('another failure of npm is shown without that line', async (t) => {
  const { run } = sample(t, 'echo npm error code E404 >&2; exit 1')
  const { status, said } = run()
  t.equal(status, 1)
  t.match(said, /^npm error code E404\nnpm ci failed in \S+\n$/m)
})

t.test("a link to another working tree's packages is left alone", async (t) => {
  const { folder, run, calls } = sample(t, '')
  mkdirSync(join(folder, 'other'))
  symlinkSync('other', join(folder, 'node_modules'))
  t.match(run(), { status: 1, said: /node_modules is a link to \S+other, which is not what package-lock\.json names/ })
  t.equal(calls(), '')
})

t.test('elements/ can be made with what is installed for it alone', async (t) => {
  const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'))
  const forElements = Object.entries<{ dev?: boolean; optional?: boolean }>(packages)
    .filter(([path, { dev, optional }]) => path !== '' && !dev && !optional)
    .map(([path]) => path)
  t.ok(forElements.length <= 15, `${forElements.length} packages`)
  const folder = t.testdir()
  for (const path of [
    'build',
    'element-src',
    'package.json',
    'tsconfig.json',
    'LICENSE',
    ...forElements,
    'node_modules/@esbuild',
  ])
    cpSync(join(project, path), join(folder, path), { recursive: true })
  const made = spawnSync(process.execPath, ['build/run.mjs', 'build/elements.ts'], { cwd: folder, encoding: 'utf8' })
  t.equal(made.status, 0, made.stderr)
  t.ok(
    readFileSync(join(folder, 'elements', 'pypi', 'pypi-manifest.sha256')).equals(
      readFileSync(join(project, 'elements', 'pypi', 'pypi-manifest.sha256')),
    ),
    'the same elements',
  )
})
