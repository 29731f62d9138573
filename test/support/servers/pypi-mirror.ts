import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const writeTree = (tree: string, folder: string, files: readonly string[], projectOf: (file: string) => string) => {
  const projects = new Map<string, string[]>()
  for (const file of files) projects.set(projectOf(file), [...(projects.get(projectOf(file)) ?? []), file])
  for (const [project, names] of projects) {
    mkdirSync(join(tree, project), { recursive: true })
    const links = names.map((name) => {
      copyFileSync(join(folder, name), join(tree, project, name))
      const md5 = createHash('md5')
        .update(readFileSync(join(folder, name)))
        .digest('hex')
      return `<a href='${encodeURIComponent(name)}#md5=${md5}'>${encodeURIComponent(name)}</a>\n`
    })
    writeFileSync(
      join(tree, project, 'index.html'),
      `<html><head>\n          <title>${project} &ndash; PyPI Mirror</title>\n        </head><body>\n${links.join('')}</body></html>\n`,
    )
  }
  const lines = [...projects.keys()].map((project) => `<a href='${project}'>${project}</a><br />\n`)
  for (const name of ['index.html', 'full.html']) {
    writeFileSync(
      join(tree, name),
      `<html><head><title>PyPI Mirror</title></head><body><h1>PyPI Mirror</h1>\n${lines.join('')}</body></html>\n`,
    )
  }
}

/**
 * Writes a tree as openstack's pypi-mirror 1.0.0 does (its run_mirror.py, _write_tarball_mirror and _write_wheel_mirror):
 * sdists in folders named as their projects write themselves, wheels the same way in a folder of the distribution, with `_`
 * as `-`. It was compared with what the program itself writes on Python 2.7.
 *
 * @param mirror The tree.
 * @param sdists A folder of sdists.
 * @param wheels A folder of wheels.
 * @param distribution The distribution's folder, such as `Debian-12`.
 */
export const writeLikePypiMirror = (mirror: string, sdists: string, wheels: string, distribution: string): void => {
  mkdirSync(join(mirror, distribution), { recursive: true })
  writeTree(mirror, sdists, readdirSync(sdists), (file) => /(.*)-[0-9]/.exec(file)?.[1] ?? '')
  writeTree(join(mirror, distribution), wheels, readdirSync(wheels), (file) =>
    (file.split('-')[0] ?? '').replaceAll('_', '-'),
  )
}
