// Installs what package-lock.json names, unless it is installed already: `node build/install-packages.mjs [--omit=dev]
// [FOLDER]`. With --omit=dev only what elements/ is made with: more does no harm, and stays. It is JavaScript, since
// nothing is here yet that could run TypeScript.
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { certificateHint } from './certificate-hint.mjs'

const args = process.argv.slice(2)
const omit = args.filter((arg) => arg === '--omit=dev')
const folder = resolve(args.find((arg) => !arg.startsWith('-')) ?? '.')
const read = (...path) => JSON.parse(readFileSync(join(folder, ...path), 'utf8'))
const same = (a = {}, b = {}) => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())

/** What the lock file names, but for what not every machine has. */
const { packages } = read('package-lock.json')
const wanted = Object.entries(packages).filter(
  ([path, { dev, optional }]) => path !== '' && !optional && !(dev && omit.length > 0),
)
/** npm's own note of what it installed. */
const note = join('node_modules', '.package-lock.json')

const isInstalled = () => {
  const { dependencies, devDependencies } = read('package.json')
  const { '': locked } = packages
  // npm says itself what is wrong, where the two differ.
  if (!same(dependencies, locked.dependencies) || !same(devDependencies, locked.devDependencies)) return false
  if (!existsSync(join(folder, note))) return false
  const { packages: installed } = read(note)
  return wanted.every(([path, { version }]) => installed[path]?.version === version)
}

const fail = (message) => {
  console.error(message)
  process.exit(1)
}

if (!isInstalled()) {
  const modules = join(folder, 'node_modules')
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink())
    fail(
      `${modules} is a link to ${realpathSync(modules)}, which is not what package-lock.json names: run npm ci there`,
    )
  console.log(`Installing ${wanted.length} packages by npm in ${folder}`)
  // Errors alone: npm warns of each package that wants a newer Node.js, and of install scripts, which .npmrc turns off.
  const ran = spawnSync('npm', ['ci', '--loglevel=error', ...omit], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (ran.error?.code === 'ENOENT') fail("npm is not here: install it (Debian and Ubuntu: 'apt-get install npm')")
  if (ran.status !== 0) {
    const hint = certificateHint(ran.stderr)
    fail([ran.stderr.trim(), `npm ci failed in ${folder}`, ...(hint === undefined ? [] : [hint])].join('\n'))
  }
}
