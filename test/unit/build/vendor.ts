import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { manifest } from '../../../build/make-elements.js'
import { project } from '../../../build/project.js'
import { cleanEnvironment } from '../../support/builds/clean-environment.js'
import { contentsOf } from '../../support/observation/contents.js'
import { documented } from '../../support/servers/recipes.js'

const element = join(project, 'elements', 'pypi')
const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))

/** Where npm and Node.js are, but fail: who vendors may have neither. */
const withoutNode = (t: Test): string => {
  const folder = join(t.testdirName, 'bin')
  mkdirSync(folder, { recursive: true })
  for (const name of ['node', 'npm', 'npx']) writeFileSync(join(folder, name), '#!/bin/sh\nexit 97\n', { mode: 0o755 })
  return `${folder}:${process.env['PATH']}`
}

const vendor = (t: Test, destination: string | undefined, script = join(project, 'build', 'vendor.sh')) => {
  const env = cleanEnvironment({ PATH: withoutNode(t) })
  const args = destination === undefined ? [] : [`DEST=${destination}`]
  const ran =
    script === join(project, 'build', 'vendor.sh')
      ? spawnSync('make', ['-s', 'vendor', ...args], { cwd: project, env, encoding: 'utf8' })
      : spawnSync(script, [destination ?? ''], { env, encoding: 'utf8' })
  return { status: ran.status, said: `${ran.stdout}${ran.stderr}` }
}

/** A project of another version: its element has one file less, one more, and one that is other. */
const newerVersion = (t: Test): string => {
  const folder = join(t.testdirName, 'newer')
  mkdirSync(join(folder, 'build'), { recursive: true })
  for (const name of ['vendor.sh', 'manifest.sh']) cpSync(join(project, 'build', name), join(folder, 'build', name))
  const newer = join(folder, 'elements', 'pypi')
  cpSync(element, newer, { recursive: true })
  rmSync(join(newer, 'environment.d'), { recursive: true })
  writeFileSync(join(newer, 'element-deps'), 'package-installs\n')
  appendFileSync(join(newer, 'README.rst'), 'newer\n')
  const hook = join(newer, 'cleanup.d', '00-unconfigure-pypi-mirror')
  writeFileSync(hook, readFileSync(hook, 'utf8').replace(/^(# Source: .*, version ).*$/m, '$19.8.7.'))
  const files = new Map(
    Object.entries(contentsOf(newer))
      .filter(([path]) => path !== 'pypi-manifest.sha256')
      .map(([path, [content, mode]]) => [`pypi/${path}`, { content, mode }]),
  )
  writeFileSync(join(newer, 'pypi-manifest.sha256'), manifest(files))
  return folder
}

t.test('make vendor copies the element whole, without npm or Node.js, and says where', async (t) => {
  const repository = t.testdir()
  const command = documented('packaging.md', 'Into an image repository', 0, { '/path/to/image-repository': repository })
  const env = cleanEnvironment({ PATH: withoutNode(t) })
  const ran = spawnSync('sh', ['-c', command], { cwd: project, env, encoding: 'utf8' })
  t.equal(ran.stderr, '')
  t.equal(ran.stdout, `copied version ${version} to ${repository}/elements/pypi\n`)
  t.strictSame(contentsOf(join(repository, 'elements', 'pypi')), contentsOf(element))
  t.same(vendor(t, `${repository}/elements`), {
    status: 0,
    said: `${repository}/elements/pypi is version ${version} already\n`,
  })
})

t.test('without DEST it asks for it', async (t) => {
  t.testdir()
  const ran = vendor(t, undefined)
  t.not(ran.status, 0)
  t.match(ran.said, /^say where: make vendor DEST=folder-of-elements$/m)
})

t.test('a copy without edits is upgraded, and loses the files that the new version does not have', async (t) => {
  const repository = t.testdir()
  vendor(t, repository)
  const newer = newerVersion(t)
  const ran = vendor(t, repository, join(newer, 'build', 'vendor.sh'))
  t.same(ran, { status: 0, said: `upgraded ${repository}/pypi from version ${version} to 9.8.7\n` })
  t.strictSame(contentsOf(join(repository, 'pypi')), contentsOf(join(newer, 'elements', 'pypi')))
  t.notOk(existsSync(join(repository, 'pypi', 'environment.d')))
  t.equal(statSync(join(repository, 'pypi', 'cleanup.d', '00-unconfigure-pypi-mirror')).mode & 0o111, 0o111)
})

t.test('a copy in which rpmbuild has changed interpreters only is upgraded', async (t) => {
  const repository = t.testdir()
  vendor(t, repository)
  const hook = join(repository, 'pypi', 'cleanup.d', '00-unconfigure-pypi-mirror')
  // What brp-mangle-shebangs does.
  writeFileSync(hook, readFileSync(hook, 'utf8').replace('#!/bin/sh\n', '#!/usr/bin/sh\n'))
  t.match(vendor(t, repository, join(newerVersion(t), 'build', 'vendor.sh')), { status: 0, said: /^upgraded / })
})

t.test('a copy with edits stays as it is, and each file that differs is named', async (t) => {
  const repository = t.testdir()
  vendor(t, repository)
  const copy = join(repository, 'pypi')
  appendFileSync(join(copy, 'README.rst'), 'mine\n')
  rmSync(join(copy, 'pypi-licenses.txt'))
  writeFileSync(join(copy, 'element-deps'), 'mine\n')
  symlinkSync('README.rst', join(copy, 'a link'))
  const before = contentsOf(copy)
  const ran = vendor(t, repository, join(newerVersion(t), 'build', 'vendor.sh'))
  t.equal(ran.status, 1)
  t.match(ran.said, `${copy} was edited, and stays as it is.`)
  const named = ran.said
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .map((line) => line.trim())
  t.same(named.sort(), ['README.rst', 'a link', 'element-deps', 'pypi-licenses.txt'])
  t.strictSame(contentsOf(copy), before)
})

t.test('a folder of that name that make vendor did not make stays as it is', async (t) => {
  const repository = t.testdir({ pypi: { 'README.rst': 'another element' } })
  const ran = vendor(t, repository)
  t.not(ran.status, 0)
  t.match(ran.said, /has no pypi-manifest\.sha256/)
  t.same(readFileSync(join(repository, 'pypi', 'README.rst'), 'utf8'), 'another element')
  t.match(vendor(t, join(project, 'elements')).said, /is the element itself/)
})

t.test('an element that is not as it was made is not copied', async (t) => {
  const repository = t.testdir()
  const broken = newerVersion(t)
  appendFileSync(join(broken, 'elements', 'pypi', 'README.rst'), 'half an edit')
  const ran = vendor(t, repository, join(broken, 'build', 'vendor.sh'))
  t.equal(ran.status, 1)
  t.match(ran.said, /is not what its pypi-manifest\.sha256 says: run 'make elements' first/)
  t.notOk(existsSync(join(repository, 'pypi')))
})

t.test('the same tarball comes out each time, whatever the folder and the umask', async (t) => {
  const folder = t.testdir()
  const env = cleanEnvironment()
  const made = spawnSync('make', ['-s', 'dist'], {
    cwd: project,
    env: cleanEnvironment({ PATH: withoutNode(t) }),
    encoding: 'utf8',
  })
  t.equal(made.status, 0, made.stderr)
  const name = `dib-pypi-element-${version}.tar.gz`
  const wheel = `dib_pypi_element-${version}-py3-none-any.whl`
  t.equal(made.stdout, `${join(project, 'dist', name)}\n${join(project, 'dist', wheel)}\n`)

  const elsewhere = join(folder, 'else where')
  mkdirSync(join(elsewhere, 'build'), { recursive: true })
  for (const path of [
    'build/dist.sh',
    'build/manifest.sh',
    'build/wheel.py',
    'CHANGELOG.md',
    'package.json',
    'elements',
  ])
    cpSync(join(project, path), join(elsewhere, path), { recursive: true })
  for (const [path, [, mode]] of Object.entries(contentsOf(join(elsewhere, 'elements'))))
    chmodSync(join(elsewhere, 'elements', path), mode & 0o700)
  writeFileSync(join(elsewhere, 'elements', 'pypi', 'README.rst.orig'), 'what happens to lie there')
  const script = 'umask 077; cd /; exec "$0" "$1"'
  const again = spawnSync('sh', ['-c', script, join(elsewhere, 'build', 'dist.sh'), join(folder, 'out')], {
    env,
    encoding: 'utf8',
  })
  t.equal(again.status, 0, again.stderr)
  t.ok(readFileSync(join(folder, 'out', name)).equals(readFileSync(join(project, 'dist', name))), 'the same bytes')
  t.ok(readFileSync(join(folder, 'out', wheel)).equals(readFileSync(join(project, 'dist', wheel))), 'the same wheel')

  const check = spawnSync('sha256sum', ['-c', `${name}.sha256`], { cwd: join(project, 'dist'), encoding: 'utf8' })
  t.equal(check.stdout, `${name}: OK\n`)
  const unpacked = join(folder, 'unpacked')
  mkdirSync(unpacked)
  t.equal(spawnSync('tar', ['-xf', join(project, 'dist', name), '-C', unpacked]).status, 0)
  t.strictSame(contentsOf(join(unpacked, 'pypi')), contentsOf(element), 'it holds the element')

  // pip checks RECORD; a folder of its own stands for any environment.
  const site = join(folder, 'site')
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-index', '--target', site, join(project, 'dist', wheel)]
  const installed = spawnSync('/usr/bin/python3', pip, { env, encoding: 'utf8' })
  t.equal(installed.status, 0, installed.stderr)
  const asked = spawnSync('/usr/bin/python3', ['-m', 'dib_pypi_element'], {
    env: { ...env, PYTHONPATH: site },
    encoding: 'utf8',
  })
  t.strictSame(contentsOf(join(asked.stdout.trim(), 'pypi')), contentsOf(element), 'the wheel installs the element')
})
