import { versionOf } from '../../index/distribution-file.js'
import { isLocal } from '../../index/page.js'
import { wheelMetadataAt } from '../../index/wheel-metadata.js'
import { newRemembered } from '../remembered.js'
import type { ServedIndex, WantedFile } from '../served-index.js'
import type { Call } from '../server/reply.js'
import { type FileRoute, keyOf, nthOf } from '../server/route.js'
import type { Asker } from '../upstream/source.js'
import { newGuesses } from './guesses.js'
import { chooseFile, type Installer, readUserAgent } from './installer.js'
import { type Requirement, requirementsIn } from './requirement.js'

/** So many requests for pages and metadata are made ahead at a time. */
const mostAtOnce = 8

/** What was looked at less than so long ago, in milliseconds, is not looked at again: for so long a page is good. */
const lately = 5_000

const mostRemembered = 10_000

/** One file of an index, and for whom it is looked at. */
interface Looked extends WantedFile {
  readonly installer: Installer
  readonly asker: Asker
  /** When the installer asked for what led here: milliseconds since 1970. */
  readonly began: number
}

/** Has so many pieces of work done at a time; others wait in the order in which they came. */
const newSlots = (most: number) => {
  const waiting: (() => void)[] = []
  let taken = 0
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (taken >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else taken += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      // A slot that is handed on stays taken.
      if (next === undefined) taken -= 1
      else next()
    }
  }
}

/**
 * Fetches that for which an installer will ask next: pages, metadata and, where a folder is filled, files.
 *
 * @param indexes All, each with its rules: what is not asked for a project is not asked for it ahead.
 */
export const newLookAhead = (indexes: readonly ServedIndex[], signal: AbortSignal) => {
  const inSlot = newSlots(mostAtOnce)
  const guesses = newGuesses()
  /** When something was looked at last. */
  const seen = newRemembered<number>(mostRemembered)
  const extras = newRemembered<Set<string>>(mostRemembered)
  const extrasOf = (project: string): Set<string> => extras.use(project, () => new Set())

  /** Whether it is new to what the installer's request led to: dependencies can go in circles. */
  const isNew = (key: string, began: number): boolean => {
    if ((seen.get(key) ?? 0) > began - lately) return false
    seen.set(key, Date.now())
    return true
  }

  const follow = async (metadata: Buffer, looked: Looked): Promise<void> => {
    const requirements = requirementsIn(metadata.toString('utf8'), looked.installer, [...extrasOf(looked.project)])
    await Promise.all(requirements.map((requirement) => lookAtProject(requirement, looked)))
  }

  const lookAtFile = async (looked: Looked): Promise<void> => {
    const { index, project, file, key, asker, began } = looked
    if (signal.aborted || index.isBusy(file.url)) return
    if (!isNew(`${asker.headers['User-Agent']} ${index.place} ${file.url} ${[...extrasOf(project)].sort()}`, began))
      return
    if (isLocal(file) || file.coreMetadata === undefined) {
      const coming = index.whenMetadata(key)
      // An earlier build may have kept it.
      const there = await index.findFile(file)
      const metadata = await (there === undefined ? coming : wheelMetadataAt(there.path))
      return metadata && follow(metadata, looked)
    }
    const answer = await inSlot(() => index.metadata(key, file, asker))
    if (answer.status === 200) await follow(answer.bytes, looked)
  }

  const lookAtProject = async (requirement: Requirement, { installer, asker, began }: Looked): Promise<void> => {
    const { project, specifier } = requirement
    const known = extrasOf(project)
    for (const extra of requirement.extras) known.add(extra)
    if (!isNew(`${asker.headers['User-Agent']} ${project} ${specifier} ${[...known].sort()}`, began)) return
    // A folder is read when it is asked: nothing would be there sooner.
    const asked = indexes.filter(
      ({ config, isAsked, isBusy }) => config.folder === undefined && isAsked(project) && !isBusy(config.url),
    )
    const pages = await Promise.all(
      asked.map(async (index) => {
        const found = await inSlot(async () => (signal.aborted ? undefined : index.source.find(project, asker)))
        return { index, files: found?.kind === 'page' ? found.files : [] }
      }),
    )
    const all = pages.flatMap(({ files }) => files)
    const file = chooseFile(all, project, specifier, installer)
    const page = pages.find(({ files }) => file !== undefined && files.includes(file))
    if (file === undefined || page === undefined) return
    const { name } = file
    const nth = page.files.filter((one) => one.name === name).indexOf(file)
    const wanted = { index: page.index, project, key: keyOf({ project, nth, name }), file }
    guesses.suggest('page', wanted, asker.headers)
    await lookAtFile({ ...wanted, installer, asker, began })
  }

  return {
    /** Takes note that an installer asks for a file, or for its metadata. */
    asked: (index: ServedIndex, route: FileRoute, { request, asker: { headers } }: Call): void => {
      const { method, socket } = request
      const { project, name } = route
      const key = keyOf(route)
      const isFirst = guesses.asked(index, project, key, versionOf(name, project) ?? '')
      const installer = readUserAgent(headers['User-Agent'])
      if (installer === undefined) return
      const asker: Asker = { headers, gone: signal, isAhead: true, isGoing: () => !socket.destroyed }
      const look = async (): Promise<void> => {
        const found = await index.source.filesOf(project, asker, isFirst ? undefined : name)
        const files = found.kind === 'page' ? found.files : []
        const file = nthOf(files, route)
        if (file === undefined) return
        // What a folder has is what was taken before, the newest or not.
        if (isFirst && !isLocal(file) && chooseFile(files, project, '', installer) === file) guesses.foretold()
        const wanted = { index, project, key, file }
        // uv reads the metadata of a wheel out of parts of it, if there is none beside it.
        if (route.isMetadata || method !== 'GET' || request.headers.range !== undefined)
          guesses.suggest('metadata', wanted, headers)
        await lookAtFile({ ...wanted, installer, asker, began: Date.now() })
      }
      // A guess that fails is nobody's fault.
      look().catch(() => undefined)
    },
  }
}
