import { mkdirSync, writeFileSync } from 'node:fs'
import { projectsOf } from './distribution-file.js'

const page = (links: readonly string[]): string => `<!DOCTYPE html>\n${links.join('\n')}\n`

// encodeURIComponent leaves ' alone, which ends no attribute here, and no character that HTML would take for markup.
const link = (href: string, text: string): string => `<a href="${href}">${text}</a><br>`

/**
 * Makes an index of a flat folder: a page for each project, and one of the projects (PEP 503). The files themselves are
 * neither read nor moved. With `find-links` pip would look through all of the folder for each project, or once a process.
 *
 * @param files The names of the folder's wheels, sdists and eggs.
 * @param filesUrl The folder's URL, as the image sees it.
 * @param folder Where to make the index: an empty folder.
 */
export const writeFlatIndex = (files: readonly string[], filesUrl: string, folder: string): void => {
  const pages = new Map<string, string[]>()
  for (const file of files) {
    const name = encodeURIComponent(file)
    for (const project of projectsOf(file)) {
      const links = pages.get(project)
      const line = link(`${filesUrl}/${name}`, name)
      if (links === undefined) pages.set(project, [line])
      else links.push(line)
    }
  }
  for (const [project, links] of pages) {
    mkdirSync(`${folder}/${project}`)
    writeFileSync(`${folder}/${project}/index.html`, page(links))
  }
  const projects = [...pages.keys()].sort()
  writeFileSync(
    `${folder}/index.html`,
    page(projects.map(encodeURIComponent).map((project) => link(`${project}/`, project))),
  )
}
