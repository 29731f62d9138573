import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import {
  type Build,
  type BuiltImage,
  buildImage,
  namesInTarball,
  ownLines,
  scratchFolder,
  succeeded,
} from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { makeWheels, sortIntoMirror } from '../support/servers/mirror.js'
import { documented, documentedBuilds } from '../support/servers/recipes.js'
import { serveMirror } from '../support/servers/server.js'
import { tinyRootTarball } from '../support/setup/fixtures.js'

needsRoot(t)

const install = '#!/bin/bash\nset -eu\npython3 -m pip install --prefix /opt/demo demo-app\n'

/** What the first command in a block of docs/receipts.md sets. */
const commandOf = (block: string): Build['environment'] => documentedBuilds(block)[0]?.environment

/** What is installed below /opt/demo, as its folders say. */
const installed = ({ image }: BuiltImage): readonly string[] =>
  namesInTarball(image)
    .flatMap((name) => /^\/opt\/demo\/.*\/([^/]+)\.dist-info$/.exec(name)?.[1] ?? [])
    .sort()

t.test('under its lock an image comes out the same again, online and offline', async (t) => {
  const scratch = scratchFolder(t)
  const served = join(scratch, 'served')
  const demoLib = (version: string) => ({ name: 'demo-lib', version, text: `version = "${version}"` })
  makeWheels(served, [
    { name: 'demo-app', version: '1.0', text: 'import demo_lib', requirements: ['demo-lib'] },
    demoLib('1.0'),
    demoLib('2.0'),
  ])
  sortIntoMirror(served)
  const server = await serveMirror(t, served)
  const online = { DIB_PYPI_MIRROR_URL: `http://127.0.0.1:${server.port}/simple`, DIB_NO_PYPI_PIP: '1' }
  const build = async (t: Test, environment: Build['environment'], options: readonly string[] = []) => {
    const built = await buildImage(scratch, {
      environment: { ...commandOf(documented('receipts.md', 'What came into the image', 0)), ...environment },
      options,
      hooks: { 'install.d/50-install': install },
    })
    succeeded(t, built)
    const path = join(dirname(built.image), 'image.d', 'pypi.cdx.json')
    return { path, text: readFileSync(path, 'utf8'), installed: installed(built), image: built.image }
  }

  const first = await build(t, { ...online, DIB_PYPI_FILL_MIRROR: '1' })
  t.same(first.installed, ['demo_app-1.0', 'demo_lib-2.0'])

  // A new release appears, and the one that was installed is yanked (PEP 592).
  makeWheels(served, [demoLib('3.0')])
  sortIntoMirror(served)
  const page = join(served, 'demo-lib', 'index.html')
  writeFileSync(
    page,
    readFileSync(page, 'utf8').replace('<a href="demo_lib-2.0', '<a data-yanked="broken" href="demo_lib-2.0'),
  )
  t.match(readFileSync(page, 'utf8'), /data-yanked/)

  const lock = commandOf(documented('receipts.md', 'The same image again', 0, { 'image.d/pypi.cdx.json': first.path }))
  const ways = [
    ['online', await build(t, { ...online, ...lock, DIB_IMAGE_CACHE: join(scratch, 'another-cache') })],
    ['offline', await build(t, lock, ['--offline'])],
  ] as const
  for (const [way, again] of ways) {
    t.same(again.installed, first.installed, `${way}, the same versions`)
    t.equal(again.text, first.text, `${way}, the same receipt, byte for byte`)
  }
  const free = await build(t, { ...online, DIB_IMAGE_CACHE: join(scratch, 'another-cache') })
  t.same(free.installed, ['demo_app-1.0', 'demo_lib-3.0'], 'without the lock, the new release')
  t.not(free.text, first.text)
})

t.test("a receipt lies beside dib's manifests, for several image types as for one", async (t) => {
  const scratch = scratchFolder(t)
  const root = await tinyRootTarball()
  const outside = join(scratch, 'images')
  mkdirSync(outside)
  for (const [type, name] of [
    ['tar', 'image.tar'],
    ['raw,tar', 'image.raw'],
  ] as const) {
    // One that an earlier build of the name left.
    const folders = ['image.d', 'image.raw.d'].map((folder) => join(outside, folder))
    for (const folder of folders) {
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'pypi.cdx.json'), 'an earlier one')
    }
    const built = await buildImage(scratch, {
      root,
      type,
      elements: ['manifests'],
      options: ['--offline', '-o', join('..', 'images', name)],
      environment: { DIB_PYPI_RECEIPT: '1' },
    })
    succeeded(t, built)
    const [own = '', other = ''] = type === 'tar' ? folders : [...folders].reverse()
    t.same(readdirSync(own).sort(), ['dib-manifests', 'pypi.cdx.json'], `${type}, -o ${name}`)
    t.match(JSON.parse(readFileSync(join(own, 'pypi.cdx.json'), 'utf8')), { bomFormat: 'CycloneDX' })
    t.equal(readFileSync(join(other, 'pypi.cdx.json'), 'utf8'), 'an earlier one', "another image's stays")
    t.ok(ownLines(built.log).some((line) => line.startsWith(`${own}/pypi.cdx.json is the receipt: `)))
    execFileSync('rm', ['-r', own])
  }
})

t.test('a build that fails leaves no receipt, nor that of an earlier build', async (t) => {
  const scratch = scratchFolder(t)
  const folder = join(scratch, 'images', 'image.d')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'pypi.cdx.json'), 'an earlier one')
  const built = await buildImage(scratch, {
    root: await tinyRootTarball(),
    options: ['--offline', '-o', join(scratch, 'images', 'image')],
    environment: { DIB_PYPI_RECEIPT: '1' },
    hooks: { 'install.d/50-fail': '#!/bin/bash\nexit 7\n' },
  })
  t.equal(built.status, 7)
  t.notOk(existsSync(join(folder, 'pypi.cdx.json')))
})
