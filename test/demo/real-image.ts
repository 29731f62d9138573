import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { project } from '../../build/project.js'
import { cleanEnvironment } from '../support/builds/clean-environment.js'
import { runProgram } from '../support/builds/run.js'
import { cache, checkNamespace, newDibPrograms } from '../support/setup/fixtures.js'
import { lookForTraces } from './look-for-traces.js'
import { debianMirrors, pipIndex } from './own-sources.js'

const folder = join(cache, 'real-image')
const imageCache = join(folder, 'image-create')
const mirror = join(imageCache, 'pypi', 'mirror')

/** What is installed where the user names nothing. */
const usual = ['flask', 'sqlalchemy', 'celery', 'boto3', 'httpx', 'cryptography', 'oslo.config']

/** What became of one build. */
interface Built {
  readonly minutes: string
  /** The seconds in which pip installed the packages. */
  readonly pip: string
  /** Each distribution, and where it came from. */
  readonly origins: ReadonlyMap<string, string>
}

/** Where a distribution came from, in words, by the URL that pip had it from. */
const originOf = (url: string): string => {
  if (url.startsWith('file://')) return 'the mirror'
  // The relay's path is a secret of the build's, if only for its time.
  return /^http:\/\/127\.0\.0\.1[:/]/.test(url) ? 'an index, by way of the relay' : new URL(url).host
}

const build = async (name: string, packages: readonly string[], options: readonly string[]): Promise<Built> => {
  const log = join(folder, `${name}.log`)
  const begin = performance.now()
  console.log(
    `\nThe ${name} build: disk-image-create ${[...options, 'debian-minimal', 'pypi', 'demo'].join(' ')} (log: ${log})`,
  )
  // A mount namespace of its own, so that nothing that is mounted outlives the build.
  const args = ['-m', '--propagation', 'private', join(await newDibPrograms(), 'disk-image-create')]
  const elements = ['debian-minimal', 'pypi', 'demo-python', 'demo']
  const { status, log: text } = await runProgram(
    'unshare',
    [...args, '-t', 'qcow2,tar', '-o', join(folder, 'image'), ...options, ...elements],
    {
      cwd: folder,
      env: cleanEnvironment({
        // dib's own programs call each other by name.
        PATH: `${await newDibPrograms()}:${process.env['PATH']}:/usr/sbin:/sbin`,
        ...debianMirrors(),
        // Offline the folder is all there is.
        ...(options.includes('--offline') ? {} : pipIndex()),
        DIB_IMAGE_CACHE: imageCache,
        DIB_DEBOOTSTRAP_CACHE: '1',
        DIB_PYPI_FILL_MIRROR: '1',
        DIB_DEMO_PACKAGES: packages.join(' '),
        DIB_NO_TIMESTAMP: '1',
        OVERWRITE_OLD_IMAGE: '1',
        ELEMENTS_PATH: ['elements', 'test/demo/elements'].map((path) => join(project, path)).join(':'),
      }),
      onLine: (line) => {
        if (/^pypi: /.test(line)) console.log(`  ${line}`)
      },
    },
  )
  writeFileSync(log, text)
  if (status !== 0) throw new Error(`disk-image-create failed; the end of its log:\n${text.slice(-1500)}`)
  const minutes = ((performance.now() - begin) / 60_000).toFixed(1)
  const [, pip = '?'] = /^dib-run-parts 50-install-packages +([\d.]+)$/m.exec(text) ?? []
  const origins = new Map(
    [...text.matchAll(/^demo: installed (.*) from (\S+)$/gm)].map(([, what = '', url = '']) => [what, originOf(url)]),
  )
  return { minutes, pip, origins }
}

/** Says how long a build took, and how many distributions came from where. */
const report = (name: string, { minutes, pip, origins }: Built): void => {
  const counts = new Map<string, number>()
  for (const origin of origins.values()) counts.set(origin, (counts.get(origin) ?? 0) + 1)
  const sums = [...counts].map(([origin, count]) => `${count} from ${origin}`).join(', ')
  console.log(`The ${name} build took ${minutes} minutes, ${pip} s of it for ${origins.size} distributions: ${sums}`)
}

// node build/run.mjs test/demo/real-image.ts [PACKAGE...]: what `make real-image` does.
try {
  if (process.getuid?.() !== 0) throw new Error('run it as root: sudo make real-image')
  checkNamespace()
  const [, , ...asked] = process.argv
  const packages = asked.length > 0 ? asked : usual
  rmSync(mirror, { recursive: true, force: true })
  mkdirSync(mirror, { recursive: true })
  const online = await build('online', packages, [])
  // As the build's own line counts them.
  const kept = readdirSync(mirror).filter((name) => /\.(?:whl|tar\.gz|zip)$/.test(name))
  const offline = await build('offline', packages, ['--offline'])
  const traces = lookForTraces(join(folder, 'image.tar'))
  if (traces.length > 0) throw new Error(`the image holds mirror configuration: ${traces.join(', ')}`)

  console.log()
  for (const [what, origin] of online.origins) {
    console.log(`  ${what}: online from ${origin}, offline from ${offline.origins.get(what) ?? 'nowhere'}`)
  }
  const megabytes = kept.reduce((sum, file) => sum + statSync(join(mirror, file)).size, 0) / 2 ** 20
  console.log(`The online build kept ${kept.length} files, ${megabytes.toFixed(0)} MiB, in ${mirror}`)
  report('online', online)
  report('offline', offline)
  const image = join(folder, 'image.qcow2')
  console.log(`The image: ${image}, ${(statSync(image).size / 2 ** 20).toFixed(0)} MiB`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
