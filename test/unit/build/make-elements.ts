import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readPart } from '../../../build/bundle-hook.js'
import { findSources, largestBundle, makeElements } from '../../../build/make-elements.js'
import { project } from '../../../build/project.js'
import { contentsOf } from '../../support/observation/contents.js'

t.test('elements/ is what element-src/ makes, byte for byte, from any folder', async (t) => {
  const first = t.testdir()
  const before = process.cwd()
  process.chdir('/')
  t.teardown(() => process.chdir(before))
  await makeElements(project, first)
  t.strictSame(contentsOf(first), contentsOf(join(project, 'elements')))
})

t.test('what is right stays untouched, and what has no source goes', async (t) => {
  const output = t.testdir({ pypi: { 'finalise.d': { '50-old-hook': 'x' } }, other: { 'README.rst': 'x' } })
  await makeElements(project, output)
  t.notOk(existsSync(join(output, 'pypi', 'finalise.d')))
  t.notOk(existsSync(join(output, 'other')))
  const times = () =>
    Object.keys(contentsOf(output)).map((path) => statSync(join(output, path), { bigint: true }).ctimeNs)
  const made = times()
  await makeElements(project, output)
  t.same(times(), made)
})

t.test('a hook is a readable program', async (t) => {
  const sizes = await makeElements(project, t.testdir())
  for (const { output } of findSources(join(project, 'element-src')).hooks) {
    const text = readFileSync(join(project, 'elements', output), 'utf8')
    const size = sizes.get(output) ?? Number.POSITIVE_INFINITY
    t.ok(size <= largestBundle, `${output} is at most ${largestBundle / 1024} KB`)
    t.ok(text.startsWith('#!/bin/sh\n'))
    t.ok(text.split('\n').indexOf('*/') < 48, `${output} has at most 48 lines of sh`)
    t.notOk(
      text.split('\n').some((line) => line.length >= 2000),
      'not minified',
    )
    execFileSync('sh', ['-n', '-c', text.slice(0, text.indexOf('\n*/'))])
    execFileSync('env', ['-u', 'NODE_OPTIONS', process.execPath, '--check', '-'], { input: text })
  }
})

t.test('a hook of a phase that cannot be started is an error', async (t) => {
  const source = t.testdir({ pypi: { 'root.d': { '10-a-hook.ts': '' } } })
  t.throws(() => findSources(source), { message: /10-a-hook\.ts: build\/bundle-hook\.ts has no launcher for root\.d/ })
})

t.test('the licences of all that is in the hooks stand beside them', async (t) => {
  const text = readFileSync(join(project, 'elements', 'pypi', 'pypi-licenses.txt'), 'utf8')
  t.match(text, /parts of the npm package zod [0-9.]+, under this licence:\n\nMIT License/)
  t.match(text, /Apache License/)
})

t.test('every hook says where it comes from, in which version, and under which licences', async (t) => {
  const { version, license } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
  const texts = Object.entries(contentsOf(join(project, 'elements', 'pypi'))).filter(
    ([path, [text]]) => /^[a-z-]+\.d\//.test(path) || text.startsWith('#!'),
  )
  t.ok(texts.length >= 4)
  for (const [path, [text]] of texts) {
    const [, source = ''] = /^# Source: (\S+) of the project dib-pypi-element, version (?:\S+)\.$/m.exec(text) ?? []
    t.ok(existsSync(join(project, source)) && source.startsWith('element-src/pypi/'), `${path}: ${source}`)
    t.match(text, `of the project dib-pypi-element, version ${version}.\n`)
    const head = text.split('\n').slice(0, 6).join('\n')
    const named = /^# SPDX-License-Identifier: (.*)$/m.exec(head)?.[1]?.split(' AND ')
    const groups = [...text.matchAll(/^\/\/ ---- From the (?:project|npm package) (\S+) \S+, (\S+) ----$/gm)]
    t.same(
      [...(named ?? [])].sort(),
      [...new Set([license, ...groups.map(([, , of]) => of)])].sort(),
      `${path} names the licences of its parts`,
    )
  }
})

t.test('in a hook, our code is marked apart from that of packages', async (t) => {
  const text = readFileSync(join(project, 'elements', 'pypi', 'extra-data.d', '00-mount-pypi-mirror'), 'utf8')
  let owner = ''
  const owners = text.split('\n').flatMap((line) => {
    owner = /^\/\/ ---- From the .*?(\S+) \S+, \S+ ----$/.exec(line)?.[1] ?? owner
    return /^\/\/ (?:\.\.\/node_modules|lib|pypi)\/\S+$/.test(line) ? [[line, owner] as const] : []
  })
  t.ok(owners.length > 20)
  for (const [line, of] of owners) t.equal(of, /node_modules\/([^/]+)\//.exec(line)?.[1] ?? 'dib-pypi-element', line)
})

t.test('a package that names no licence of the SPDX list is an error', async (t) => {
  const folder = t.testdir({ 'package.json': '{"name":"one","version":"1.0.0","license":"SEE LICENSE IN it"}' })
  t.throws(() => readPart(folder), { message: /names no licence of SPDX's list/ })
})

t.test('who vendors a hook reads why: our comments are in it, and none of what is not', async (t) => {
  const text = readFileSync(join(project, 'elements', 'pypi', 'extra-data.d', '00-mount-pypi-mirror'), 'utf8')
  t.match(text, /\n\/\*\*\n \* What extra-data\.d does, .*(?:\n \*.*)*\n \*\/\nvar mountPypiMirror = /)
  t.match(text, /\n +\/\/ .*\n +umaskBefore = process\.umask\(18\)/)
  t.notMatch(text, /\/\*\* What the hooks do, decided once/, 'a type is not in it, nor what is said of it')
  t.notMatch(text, /biome-ignore/)
})

t.test("a package's licence is in a hook once, however many of the package's files have it at their top", async (t) => {
  for (const hook of ['pre-install.d/00-configure-pypi-mirror', 'cleanup.d/00-unconfigure-pypi-mirror']) {
    const text = readFileSync(join(project, 'elements', 'pypi', hook), 'utf8')
    t.equal(text.match(/Redistribution and use in source and binary forms/g)?.length, 1, hook)
  }
})
