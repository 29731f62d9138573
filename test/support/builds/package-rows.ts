import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { type RanPhases, runPhases } from './run-phases.js'

/** Files that a package owns: two that we do not mount over, and three that we do. */
export const files: readonly string[] = [
  '/etc/pip.conf',
  '/etc/uv/uv.toml',
  '/etc/xdg/pip/pip.conf',
  '/etc/xdg/uv/uv.toml',
  '/root/.config/uv/uv.toml',
]
/** Those that we do. */
export const ours = files.slice(2)
const endings = ['', '.dpkg-dist', '.dpkg-old', '.dpkg-new', '.rpmnew', '.rpmsave', '.rpmorig']
const kept = files.flatMap((path) => endings.map((ending) => path + ending))

/** A file's text in a version of the package. */
export const textOf = (path: string, version: number): string => {
  const index = `http://127.0.0.1:1/${version}`
  return path.endsWith('.toml')
    ? `index-url = "${index}"\nconcurrent-downloads = ${version}\n`
    : `[global]\nindex-url = ${index}\ntimeout = ${version}\n`
}

/** Writes files of a version of the package into a folder. */
export const writeFiles = (folder: string, paths: readonly string[], version: number, text = textOf): void => {
  for (const path of paths) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), text(path, version))
  }
}

/** Makes our hooks' place without them. */
export const makeEmptyElement = (scratch: string): string => {
  const folder = mkdtempSync(join(scratch, 'none-'))
  for (const phase of ['extra-data.d', 'pre-install.d', 'cleanup.d']) mkdirSync(join(folder, phase))
  return folder
}

/** What is done in install.d, on an image that has the package's first version or not, and what the log has to name. */
export interface Row {
  readonly does: string
  /** The folder of the packages, on the host. */
  readonly packages: string
  readonly before: string
  readonly command: string
  readonly warned?: readonly string[]
  /** Whether the image ends as without ours although the log warns. */
  readonly isSame?: boolean
}

/** Tests that an image ends as without the element, or that the log names what does not. */
export const testPackages = (t: Test, scratch: string, root: string, rows: readonly Row[]): void => {
  const none = makeEmptyElement(scratch)
  const run = ({ packages, before, command }: Row, withElement: boolean): Promise<RanPhases> =>
    runPhases(scratch, {
      root,
      environment: { DIB_OFFLINE: '1' },
      ...(withElement ? {} : { element: none }),
      prepare: `cp '${packages}'/v?.* $ROOT/srv\nchroot $ROOT ${before}`,
      inChroot: withElement ? `${command}\npython3 -m pip config list` : command,
      keep: kept,
      compare: false,
    })

  for (const row of rows) {
    const { does, command, warned = [], isSame = false } = row
    t.test(`an element that ${does} by '${command}' ends as without ours, or the log names the file`, async (t) => {
      const [without, withElement] = await Promise.all([run(row, false), run(row, true)])
      t.equal(without.status, 0, 'it succeeds without ours', { log: without.log })
      t.equal(withElement.status, 0, 'the hooks succeed', { log: withElement.log })
      t.match(withElement.log, /^(?:install|global)\.index-url='file:\/\/\/tmp\/pypi'$/m, 'root asks the mirror')
      const named = kept.filter((path) => withElement.log.includes(`a package manager left ${path} in the image`))
      t.same(named, warned)
      const about = (isSame ? [] : warned).flatMap((path) => [path, path.replace(/\.(?:dpkg-|rpm)\w+$/, '')])
      for (const path of kept.filter((one) => !about.includes(one)))
        t.equal(withElement.keptEntry(path), without.keptEntry(path), path)
      for (const path of kept) t.notMatch(withElement.kept(path) ?? '', /pypi/, `nothing of ours in ${path}`)
    })
  }
}
