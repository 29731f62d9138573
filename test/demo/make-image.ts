import { appendFileSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { project } from '../../build/project.js'
import { cleanEnvironment } from '../support/builds/clean-environment.js'
import { runProgram } from '../support/builds/run.js'
import { makeWheels, wheelsOf } from '../support/servers/mirror.js'
import { cache, smallRootTarball } from '../support/setup/fixtures.js'
import { checkPackages } from './check-packages.js'
import { lookForTraces } from './look-for-traces.js'
import { pipIndex, waysToIndexes } from './own-sources.js'
import { samplePackages } from './sample-packages.js'

const isRoot = process.getuid?.() === 0

const build = async (
  folder: string,
  imageCache: string,
  packages: readonly string[],
  isOffline: boolean,
): Promise<string> => {
  const log = join(folder, `${isOffline ? 'offline' : 'online'}.log`)
  writeFileSync(log, '')
  const offline = isOffline ? ['--offline'] : []
  const setting = isOffline ? '' : 'DIB_PYPI_FILL_MIRROR=1 '
  console.log(
    `\n${setting}${['disk-image-create', ...offline, '-t qcow2,tar small-root pypi demo'].join(' ')}${isRoot && isOffline ? ', without a network' : ''} (its log: ${log})`,
  )
  // A mount namespace of its own, so that nothing that is mounted outlives the build; offline without a network. It takes root.
  const alone = isRoot ? ['unshare', isOffline ? '-mn' : '-m', '--propagation', 'private'] : []
  const options = ['-n', ...offline, '-t', 'qcow2,tar', '-o', join(folder, 'image')]
  const [program = '', ...args] = [...alone, 'disk-image-create', ...options, 'small-root', 'pypi', 'demo']
  const finished = await runProgram(program, args, {
    cwd: folder,
    env: cleanEnvironment({
      ...(isOffline
        ? {}
        : {
            ...waysToIndexes(),
            ...pipIndex(),
            DIB_PYPI_MIRROR_URL_LOCAL: 'file:///tmp/pypi',
            DIB_PYPI_FILL_MIRROR: '1',
          }),
      DIB_IMAGE_CACHE: imageCache,
      DIB_NO_TIMESTAMP: '1',
      DIB_DEMO_PACKAGES: packages.join(' '),
      OVERWRITE_OLD_IMAGE: '1',
      SMALL_ROOT_TARBALL: await smallRootTarball(),
      ELEMENTS_PATH: ['elements', 'test/support/builds/elements', 'test/demo/elements']
        .map((path) => join(project, path))
        .join(':'),
    }),
    onLine: (line) => {
      appendFileSync(log, `${line}\n`)
      if (/^(?:pypi|demo): |^Running hooks from|^Converting image/.test(line)) console.log(`  ${line}`)
    },
  })
  if (finished.status !== 0)
    throw new Error(`disk-image-create failed; the end of its log:\n${finished.log.slice(-1500)}`)
  return finished.log
}

const secondsOf = async <Result>(action: () => Promise<Result>): Promise<{ result: Result; seconds: string }> => {
  const begin = performance.now()
  const result = await action()
  return { result, seconds: ((performance.now() - begin) / 1000).toFixed(0) }
}

// node build/run.mjs test/demo/make-image.ts [PACKAGE...]: what `make image` does.
try {
  const [, , ...asked] = process.argv
  const folder = join(cache, 'demo')
  const imageCache = join(folder, 'image-create')
  const mirror = join(imageCache, 'pypi', 'mirror')
  rmSync(mirror, { recursive: true, force: true })
  mkdirSync(mirror, { recursive: true })
  const fromIndex = await checkPackages(asked)
  // One that no index has.
  makeWheels(mirror, samplePackages)
  const packages = ['hello-mirror', ...fromIndex]
  const online = fromIndex.length > 0 ? await secondsOf(() => build(folder, imageCache, packages, false)) : undefined
  console.log(`The mirror holds ${wheelsOf(mirror).join(', ')}`)
  const offline = await secondsOf(() => build(folder, imageCache, packages, true))

  const tarball = join(folder, 'image.tar')
  const traces = lookForTraces(tarball)
  rmSync(tarball)
  if (traces.length > 0) throw new Error(`the image holds mirror configuration: ${traces.join(', ')}`)
  const image = join(folder, 'image.qcow2')
  if (online !== undefined)
    console.log(`\nOnline, filling the mirror: ${online.seconds} s; offline: ${offline.seconds} s`)
  console.log(`\nThe image: ${image}, ${(statSync(image).size / 2 ** 20).toFixed(0)} MiB`)
  for (const [, what] of offline.result.matchAll(/^demo: (installed .*)$/gm)) console.log(`  ${what}`)
  console.log('  It holds no mirror configuration: no file of pip, uv, easy_install or the mirror is in it.')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
