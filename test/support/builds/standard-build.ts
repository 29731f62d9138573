import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { tinyRootTarball } from '../setup/fixtures.js'
import {
  type Build,
  type BuiltImage,
  buildImage,
  localMirror,
  namesInTarball,
  ownLines,
  succeeded,
} from './build-image.js'

/** A hook of install.d that shows what pip and easy_install are told; it needs no Python in the image. */
export const readConfiguration = `#!/bin/bash
set -eu
cat /root/.pip/pip.conf /root/.pydistutils.cfg
`

/** What is mounted over an image that has none of it, and what was made for that, in the log's order. */
export const mountedOver = ['/root/.pip', '/root/.config/uv', '/etc/xdg/pip', '/etc/xdg/uv', '/root/.pydistutils.cfg']
export const madeForMounts = [
  '/root/.pydistutils.cfg',
  '/etc/xdg/uv',
  '/etc/xdg/pip',
  '/etc/xdg',
  '/root/.config/uv',
  '/root/.config',
  '/root/.pip',
]

/**
 * Says that a build did what the element is there for: the mirror was in force, without a warning, and the image is clean.
 *
 * @param build What became of the build; its work showed the configuration.
 */
export const checkStandardBuild = (t: Test, scratch: string, build: BuiltImage): void => {
  succeeded(t, build)
  t.match(build.log, /^index-url = file:\/\/\/tmp\/pypi$/m, 'pip is given the mirror')
  t.match(build.log, /^index_url = file:\/\/\/tmp\/pypi$/m, 'easy_install as well')
  t.same(
    ownLines(build.log),
    [
      `${localMirror(scratch)} is a PEP 503 index; it is read-only at /tmp/pypi in the image`,
      'the build uses index file:///tmp/pypi',
      'the build does not ask PyPI (DIB_OFFLINE)',
      'file:///tmp/pypi is a folder, N ms',
      `mounted over ${mountedOver.join(', ')} for this build`,
      'installers ask index file:///tmp/pypi',
      `the image holds no mirror configuration; removed ${madeForMounts.join(', ')}`,
    ],
    'each hook has its line, and there is no warning',
  )
  if (!build.image.endsWith('.tar') || !existsSync(build.image)) return
  t.same(
    namesInTarball(build.image).filter((name) =>
      /^\/(?:root|tmp|usr\/share\/nodejs)\/.*(?:pip|pypi|pydistutils|nodejs|uv)/.test(name),
    ),
    [],
    'nothing of ours is in the image',
  )
}

/** Builds an image from a local mirror, offline, and checks what became of it. */
export const standardBuild = async (t: Test, scratch: string, build: Build = {}): Promise<BuiltImage> => {
  const folder = join(localMirror(scratch), 'nothing')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'index.html'), '')
  const built = await buildImage(scratch, {
    root: await tinyRootTarball(),
    ...build,
    options: ['--offline', ...(build.options ?? [])],
    hooks: { 'install.d/50-read-configuration': readConfiguration, ...build.hooks },
  })
  checkStandardBuild(t, scratch, built)
  return built
}
