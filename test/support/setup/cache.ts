import { join } from 'node:path'
import { project } from '../../../build/project.js'

/** What set-up makes once and keeps: git ignores it. */
export const cache = join(project, '.cache')

/** A small Debian or Ubuntu root with Python and pip, of this machine's own release. */
export const smallRootTarball = join(cache, 'small-root.tar')

/** The same root, as a folder, for tests that lay a scratch layer over it. Nothing writes into it. */
export const smallRoot = join(cache, 'small-root')

/** A root with no more than folders, for builds that are to end before dib enters the chroot. */
export const bareRootTarball = join(cache, 'bare-root.tar')

/** A root of an older release of Debian or Ubuntu. */
export const oldRootTarball = join(cache, 'old-root.tar')

/** The same root, as a folder, with Python 2.7. Nothing writes into it. */
export const oldRoot = join(cache, 'old-root')

/** The folder of wheels of pip itself, old and new. */
export const pips = join(cache, 'pips')

/** A root for arm64. */
export const arm64RootTarball = join(cache, 'arm64-root.tar')

/** A root whose libc is musl, without bash. */
export const muslRoot = join(cache, 'musl-root')

/** A build host of this machine's own release, with the distribution's Node.js and diskimage-builder. */
export const ownHost = join(cache, 'host')

/** The same of Debian 13; only where this machine is a Debian. */
export const trixieHost = join(cache, 'host-trixie')

/** The programs of devpi-server, in a virtual environment. */
export const devpiPrograms = join(cache, 'devpi', 'bin')

/** The programs of bandersnatch, pip2pi, dumb-pypi and pypiserver, in a virtual environment. */
export const mirrorPrograms = join(cache, 'mirror-tools', 'bin')

/** openstack's pypi-mirror and what it imports, as a folder for Python 2.7 (get-pypi-mirror.sh). */
export const pypiMirrorPackages = join(cache, 'pypi-mirror')

/** proxpi, and pip beside it, in a virtual environment. */
export const proxpiPrograms = join(cache, 'proxpi', 'bin')

/** The distribution's nginx. */
export const nginxProgram = join(cache, 'nginx', 'nginx')

/** The folder of installers other than pip (get-installers.sh). */
export const installers = join(cache, 'installers')

/** ironic-python-agent-builder's elements, and the sources of its agent (get-agent-elements.sh). */
export const agentElements = join(cache, 'agent-elements')

/** The folder of diskimage-builder's newest programs. */
export const newDibPrograms = join(cache, 'new-dib', 'bin')

/**
 * Node.js as its own project builds it.
 *
 * @param version The number of its release: 12, 18, 20, 22 or 24.
 */
export const officialNode = (version: number): string =>
  join(cache, 'nodes', String(version), 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')

/** What `make bench` installs with: two releases of pip, which Python runs as folders, and uv. */
export const benchTools = {
  folder: join(cache, 'bench-tools'),
  oldPip: join(cache, 'bench-tools', 'old', 'pip'),
  newPip: join(cache, 'bench-tools', 'new', 'pip'),
  uv: join(cache, 'bench-tools', 'uv', 'bin', 'uv'),
} as const

/** The package of `make bench`, beside which its packages are installed. */
export const benchPackage = join(project, 'test', 'bench', 'package.json')
