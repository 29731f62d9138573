import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { project } from '../../../build/project.js'

/** What set-up makes once and keeps: git ignores it. */
export const cache = join(project, '.cache')

const script = join(project, 'test', 'support', 'setup', 'make-fixture.sh')

/**
 * Makes a fixture if it is not there (make-fixture.sh), whole or not at all. Whoever else wants it meanwhile waits: flock's
 * lock ends with the processes that hold it, however they end.
 *
 * @param stamp A file in the cache that is there once the fixture is whole. Its number goes up with what is in the fixture.
 */
const made = async (name: string, stamp = `${name}.done`): Promise<string> => {
  if (!existsSync(join(cache, stamp))) {
    mkdirSync(dirname(join(cache, name)), { recursive: true })
    console.error(`Making .cache/${name}, once`)
    const asRoot = process.getuid?.() === 0 ? [] : ['sudo']
    const [program = '', ...args] = [...asRoot, 'flock', join(cache, `${name}.lock`), script, name, stamp]
    const status = await new Promise<number | null>((resolve, reject) => {
      spawn(program, args, { cwd: cache, stdio: 'inherit' }).on('error', reject).on('close', resolve)
    })
    if (status !== 0) {
      const log = join(cache, `${name}.log`)
      const said = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-10).join('\n') : ''
      throw new Error(
        `.cache/${name} could not be made: ${said === '' ? `status ${status}` : `the end of ${log}:\n${said}`}`,
      )
    }
  }
  return join(cache, name)
}

/** Throws an Error if no build can have a mount namespace of its own here: every image of tests and `make image` needs that. */
export const checkNamespace = (): void => {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo']
  const [program = '', ...args] = [...asRoot, 'unshare', '-m', '--propagation', 'private', 'true']
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status === 0) return
  throw new Error(
    `A build needs a mount namespace of its own, which this machine refuses (${stderr.trim()}). In a chroot, / must be a mount point: 'mount --bind FOLDER FOLDER' before chroot. A container must be privileged.`,
  )
}

/** A small Debian or Ubuntu root with Python and pip, of this machine's own release. Nothing writes into it. */
export const smallRoot = async (): Promise<string> => {
  checkNamespace()
  return made('small-root', 'small-root.done-2')
}

/** The same root, as a tarball, without what only people read: a third of it. */
export const smallRootTarball = async (): Promise<string> => {
  await smallRoot()
  return `${await made('lean-root')}.tar`
}

/** A root that rpm and dnf manage in part: they own the folders in which the element mounts. Nothing writes into it. */
export const rpmRoot = async (): Promise<string> => {
  await smallRoot()
  return made('rpm-root')
}

/** The same root, as a tarball. */
export const rpmRootTarball = async (): Promise<string> => `${await rpmRoot()}.tar`

/** A root with no more than folders, as a tarball, for builds that are to end before dib enters the chroot. */
export const bareRootTarball = async (): Promise<string> => `${await made('bare-root')}.tar`

/** A root of 8 MB, as a tarball, in which all of dib's phases run: for builds that install nothing. */
export const tinyRootTarball = async (): Promise<string> => `${await made('tiny-root')}.tar`

/** A root of an older release of Debian or Ubuntu, with an older C library, Python 2.7 and sudo. Nothing writes into it. */
export const oldRoot = (): Promise<string> => made('old-root', 'old-root.done-2')

/** A root whose libc is musl and whose programs are busybox's, without bash: the smallest that the hooks run in. */
export const muslRoot = (): Promise<string> => made('musl-root')

/** A root of this machine's own release for arm64, as a tarball. */
export const arm64RootTarball = async (): Promise<string> => `${await made('arm64-root')}.tar`

/** A build host of this machine's own release, with the distribution's Node.js and diskimage-builder. */
export const ownHost = (): Promise<string> => made('host')

/** The same of Debian 13; a folder that is not there unless this machine is a Debian. */
export const trixieHost = (): Promise<string> => made('host-trixie')

/** The folder of wheels of pip itself, old and new. */
export const pips = (): Promise<string> => made('pips', 'pips/installed-2')

/** A layer over the small root and the old one: in srv/pips those wheels, unpacked, and in srv/installers the others. */
export const installerLayer = async (): Promise<string> => {
  await Promise.all([pips(), smallRoot(), oldRoot()])
  return made('installer-layer', 'installer-layer/installed')
}

/** The folder of pips that run from theirs: it has the names of the wheels. */
export const unpackedPips = async (): Promise<string> => join(await installerLayer(), 'srv', 'pips')

/** The folder of installers other than pip. */
export const installers = async (): Promise<string> => join(await installerLayer(), 'srv', 'installers')

/** The programs of devpi-server, in a virtual environment. */
export const devpiPrograms = async (): Promise<string> => join(await made('devpi', 'devpi/installed'), 'bin')

/** The programs of bandersnatch, pip2pi, dumb-pypi and pypiserver, in a virtual environment. */
export const mirrorPrograms = async (): Promise<string> =>
  join(await made('mirror-tools', 'mirror-tools/installed'), 'bin')

/** openstack's pypi-mirror and what it imports, as a folder for Python 2.7. */
export const pypiMirrorPackages = (): Promise<string> => made('pypi-mirror', 'pypi-mirror/installed')

/** Python with CycloneDX's own library and JSON schemas, and sbomdiff, in a virtual environment. */
export const sbomPrograms = async (): Promise<string> => join(await made('sbom-tools', 'sbom-tools/installed'), 'bin')

/** proxpi, and pip beside it, in a virtual environment. */
export const proxpiPrograms = async (): Promise<string> => join(await made('proxpi', 'proxpi/installed'), 'bin')

/** The distribution's nginx. */
export const nginxProgram = async (): Promise<string> => join(await made('nginx', 'nginx/installed'), 'nginx')

/** ironic-python-agent-builder's elements, in elements/, and the sources of its agent, in agent/. */
export const agentElements = (): Promise<string> => made('agent-elements', 'agent-elements/installed')

/** TripleO's elements, in elements/, and what those install, in wheels/. */
export const tripleoElements = (): Promise<string> => made('tripleo-elements')

/** The folder of diskimage-builder's newest programs. */
export const newDibPrograms = async (): Promise<string> => join(await made('new-dib', 'new-dib/installed'), 'bin')

/**
 * Node.js as its own project builds it.
 *
 * @param version The number of its release: 12, which hooks must refuse (Ubuntu 22.04 has it), 18, 20, 22 or 24.
 */
export const officialNode = async (version: number): Promise<string> => {
  const folder = await made(`nodes/${version}`, `nodes/${version}/installed`)
  return join(folder, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')
}

/** A Node.js that is linked to Red Hat's OpenSSL 1.1, with what that checks itself by; and sys/, /proc/sys of a host in FIPS mode. */
export const fipsNode = async (): Promise<{ readonly node: string; readonly sys: string }> => {
  await officialNode(18)
  const folder = await made('fips-node')
  return { node: join(folder, 'node'), sys: join(folder, 'sys') }
}

/** Installers that run on this machine as well: pip as its releases 23.3 and the newest, folders that Python runs, and uv. */
export const hostInstallers = async () => {
  const folder = await unpackedPips()
  const pip = (release: number): string =>
    join(folder, readdirSync(folder).find((name) => name.startsWith(`pip-${release}.`)) ?? '', 'pip')
  const newest = Math.max(...readdirSync(folder).map((name) => Number.parseInt(name.slice('pip-'.length), 10)))
  return { oldPip: pip(23), newPip: pip(newest), uv: join(await installers(), 'uv-new', 'uv') }
}
