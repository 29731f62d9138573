import { type Dirent, mkdirSync, opendirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ifSeen, textAt } from '../base/files.js'
import { localMirrorUrl } from '../image/stage.js'
import { isDistribution, normaliseName, projectsOf } from './distribution-file.js'
import { factsFile, readFacts, readSums, sumsFile } from './folder-records.js'
import { fileAtUrl, findInMirror, readFolderPage, urlBelow } from './local-url.js'
import { isLocal, type PageFile } from './page.js'
import { renderPage, renderRoot } from './render.js'
import { headersIn } from './wheel-metadata.js'

/** What a folder holds, read as it is wanted: a mirror of everything has half a million entries. */
export const entriesOf = function* (folder: string): Generator<Dirent> {
  const directory = opendirSync(folder, { bufferSize: 512 })
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) yield entry
  } finally {
    directory.closeSync()
  }
}

/** Where tools put their index: dir2pi, pip2pi and dumb-pypi; bandersnatch. */
export const placesOfIndexes = ['simple', 'web/simple']

/** A file as a page lists it, if the image can read it: links to servers, and to what is in the mirror. */
const asSeen = (mirror: string, file: PageFile): PageFile | undefined => {
  if (!isLocal(file)) return file
  if (fileAtUrl(mirror, file.url) === undefined) return undefined
  // A page may name metadata that was not copied with the mirror, and one that was may not be named.
  const hasMetadata = fileAtUrl(mirror, `${file.url}.metadata`) !== undefined
  return { ...file, coreMetadata: hasMetadata ? file.coreMetadata : undefined }
}

/** The distributions that the page of a project's folder lists, and that the image can read; undefined if it has no page. */
export const filesOnPage = (mirror: string, below: string): readonly PageFile[] | undefined =>
  readFolderPage(mirror, below)?.flatMap((file) => asSeen(mirror, file) ?? [])

const add = (map: Map<string, string[]>, key: string, value: string): void => {
  const values = map.get(key) ?? []
  values.push(value)
  map.set(key, values)
}

/** Names of files and of folders, each by their projects. */
const scan = (mirror: string, below: string, faults: Set<string>) => {
  const folder = join(mirror, below)
  const files = new Map<string, string[]>()
  const folders = new Map<string, string[]>()
  const is = (entry: Dirent, kind: 'file' | 'folder'): boolean =>
    (kind === 'file' ? entry.isFile() : entry.isDirectory()) ||
    (entry.isSymbolicLink() && findInMirror(mirror, join(below, entry.name)) === kind)
  let hasMetadata = false
  for (const entry of entriesOf(folder)) {
    const { name } = entry
    if (name.startsWith('.')) continue
    hasMetadata ||= name.endsWith('.metadata')
    if (isDistribution(name) && is(entry, 'file')) for (const project of projectsOf(name)) add(files, project, name)
    else if (is(entry, 'folder')) add(folders, normaliseName(name), name)
  }
  const { hashes, odd } = files.size > 0 ? readSums(folder) : { hashes: new Map<string, string>(), odd: [] }
  if (odd.length > 0) {
    const lines = `line${odd.length === 1 ? '' : 's'} ${odd.slice(0, 3).join(', ')}${odd.length > 3 ? ' and others' : ''}`
    faults.add(
      `${join(folder, sumsFile)} is not understood in ${lines}: write it by sha256sum; the files there are not verified`,
    )
  }
  const facts = files.size > 0 ? readFacts(folder) : new Map<string, Omit<PageFile, 'url'>>()
  const folderUrl = urlBelow(localMirrorUrl, below)
  const describe = (name: string): PageFile => {
    const sha256 = hashes.get(name)
    const known = facts.get(name)
    // Another file has taken the place of the one that was kept.
    const fact = sha256 === undefined || known?.hashes['sha256'] === sha256 ? known : undefined
    const url = `${folderUrl}/${encodeURIComponent(name)}`
    const beside = hasMetadata ? fileAtUrl(mirror, `${url}.metadata`) : undefined
    const metadata = beside && textAt(beside.path, 'utf8')
    const ofMetadata = hashes.get(`${name}.metadata`)
    return {
      ...fact,
      name,
      url,
      hashes: sha256 === undefined ? {} : { sha256 },
      requiresPython: headersIn(metadata ?? '', 'Requires-Python')[0] ?? fact?.requiresPython,
      coreMetadata: metadata ? (ofMetadata === undefined ? true : { sha256: ofMetadata }) : undefined,
    }
  }
  return { files, folders, describe }
}

/** Changes if what a folder holds does, or what is written in it of its files. */
const signatureOf = (folder: string): string =>
  [folder, join(folder, sumsFile), join(folder, factsFile)]
    .map((path) => {
      const stat = ifSeen(() => statSync(path))
      return `${stat?.mtimeMs} ${stat?.size} ${stat?.ino}`
    })
    .join()

/**
 * Opens a folder as an index: distributions side by side, a tree of PEP 503, one whose folders have no pages or have projects'
 * names as written, or several of these at once. Folders are looked into when a project is asked for, and again only if one has
 * changed. URLs are as the image has them.
 *
 * @param below A folder of the mirror, which is on the host, below it; empty for the mirror itself.
 * @param faults Gets what the user should know.
 */
export const openFolder = (mirror: string, below: string, faults = new Set<string>()) => {
  const scans = new Map<string, ReturnType<typeof scan> & { readonly signature: string }>()
  const look = (place: string) =>
    ifSeen(() => {
      const signature = signatureOf(join(mirror, place))
      const known = scans.get(place)
      if (known?.signature === signature) return known
      const found = { ...scan(mirror, place, faults), signature }
      scans.set(place, found)
      return found
    })
  const sideBySide = (place: string, project: string): readonly PageFile[] => {
    const found = look(place)
    return found?.files.get(project)?.map(found.describe) ?? []
  }
  const places = ['', ...placesOfIndexes].map((place) => join(below, place).replace(/^\.$/, ''))
  return {
    files: (project: string): readonly PageFile[] => {
      const inFolders = places.flatMap((place) => {
        const folders = (look(place)?.folders.get(project) ?? []).map((name) => join(place, name))
        return folders.flatMap((folder) => {
          const onPage = filesOnPage(mirror, folder)?.filter(({ name }) => projectsOf(name).includes(project))
          return onPage ?? sideBySide(folder, project)
        })
      })
      // What a page says of a file is more than a folder knows, so pages come first.
      const all = new Map<string, PageFile>()
      for (const file of [...inFolders, ...places.flatMap((place) => sideBySide(place, project))]) {
        if (!all.has(file.name)) all.set(file.name, file)
      }
      return [...all.values()]
    },
    /** The normalised names that it may have files of. */
    projects: (): readonly string[] => {
      const found = places.flatMap((place) => look(place) ?? [])
      return [...new Set(found.flatMap(({ files, folders }) => [...files.keys(), ...folders.keys()]))].sort()
    },
  }
}

/** Makes an index of a folder: a page for each project, and one of the projects (PEP 503). */
export const writePages = (index: ReturnType<typeof openFolder>, folder: string): void => {
  const projects = index.projects().filter((project) => {
    const listed = index.files(project)
    if (listed.length === 0) return false
    mkdirSync(join(folder, project))
    const page = renderPage(project, { files: listed, links: [] }, ({ url }) => url, 'html')
    writeFileSync(join(folder, project, 'index.html'), page)
    return true
  })
  writeFileSync(join(folder, 'index.html'), renderRoot(projects, 'html'))
}
