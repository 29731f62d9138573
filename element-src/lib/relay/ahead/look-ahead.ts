import type { PageFile } from '../../index/page.js'
import type { ServedIndex } from '../served-index.js'
import type { Route } from '../server/route.js'
import type { Asker } from '../upstream/answer.js'
import { chooseFile } from './choose-file.js'
import { type Installer, readUserAgent } from './installer.js'
import { type Requirement, requirementsIn } from './requirement.js'
import { newSlots } from './slots.js'

/** Fetches the pages and the metadata for which an installer will ask next. */
export interface LookAhead {
  /** Takes note that an installer asks for a file, or for its metadata. */
  readonly asked: (index: ServedIndex, route: Extract<Route, { kind: 'file' }>, asker: Asker) => void
}

/** So many requests at a time are made ahead. */
const mostAtOnce = 8

/** What was looked at less than so long ago, in milliseconds, is not looked at again: for so long a page is good. */
const lately = 5_000

/** So many projects of one installer are remembered. */
const mostRemembered = 10_000

/** One file of an index, and for whom it is looked at. */
interface Looked {
  readonly index: ServedIndex
  readonly project: string
  readonly file: PageFile
  readonly nth: number
  readonly installer: Installer
  readonly asker: Asker
  /** When the installer asked for what led here: milliseconds since 1970. */
  readonly began: number
}

/**
 * Begins with nothing asked for.
 *
 * @param indexes All, each with its rules: what is not asked for a project is not asked for it ahead.
 */
export const newLookAhead = (indexes: readonly ServedIndex[], signal: AbortSignal): LookAhead => {
  const inSlot = newSlots(mostAtOnce)
  const seen = new Map<string, number>()
  /** The extras that are wanted of projects. */
  const extras = new Map<string, Set<string>>()

  /** Whether it is new to what the installer's request led to: dependencies can go in circles. */
  const isNew = (key: string, began: number): boolean => {
    if ((seen.get(key) ?? 0) > began - lately) return false
    if (seen.size > mostRemembered) seen.clear()
    seen.set(key, Date.now())
    return true
  }

  const extrasOf = (project: string): Set<string> => {
    if (extras.size > mostRemembered) extras.clear()
    const known = extras.get(project) ?? new Set<string>()
    extras.set(project, known)
    return known
  }

  const lookAtMetadata = async (looked: Looked): Promise<void> => {
    const { index, project, file, nth, installer, asker, began } = looked
    const wanted = [...extrasOf(project)].sort()
    const agent = asker.headers['User-Agent']
    if (signal.aborted || file.coreMetadata === undefined || file.url.startsWith('file:')) return
    if (!isNew(`${agent} ${index.place} ${file.url} ${wanted}`, began)) return
    let text = ''
    await inSlot(async () => {
      const answer = await index.metadata(`${project}~${nth}/${file.name}`, file, index.client, asker)
      if (answer.status === 200) text = answer.bytes.toString('utf8')
    })
    await Promise.all(requirementsIn(text, installer, wanted).map((requirement) => lookAtProject(requirement, looked)))
  }

  const lookAtProject = async (requirement: Requirement, { installer, asker, began }: Looked): Promise<void> => {
    const { project, specifier, extras: wanted } = requirement
    const known = extrasOf(project)
    for (const extra of wanted) known.add(extra)
    if (!isNew(`${asker.headers['User-Agent']} ${project} ${specifier} ${[...known].sort()}`, began)) return
    // A folder is read when it is asked: nothing would be there sooner.
    const asked = indexes.filter(({ config, isAsked }) => config.folder === undefined && isAsked(project))
    const pages = await Promise.all(
      asked.map(async (index) => {
        let files: readonly PageFile[] = []
        await inSlot(async () => {
          if (signal.aborted) return
          const found = await index.source.find(project, asker)
          if (found.kind === 'page') files = found.files
        })
        return { index, files }
      }),
    )
    const all = pages.flatMap(({ files }) => files)
    const file = chooseFile(all, project, [specifier], installer)
    const page = pages.find(({ files }) => file !== undefined && files.includes(file))
    if (file === undefined || page === undefined) return
    const nth = page.files.filter(({ name }) => name === file.name).indexOf(file)
    await lookAtMetadata({ index: page.index, project, file, nth, installer, asker, began })
  }

  return {
    asked: (index, { project, nth, name }, { headers }) => {
      const installer = readUserAgent(headers['User-Agent'])
      if (installer === undefined) return
      const began = Date.now()
      const asker: Asker = { headers, gone: signal, isAhead: true }
      const look = async (): Promise<void> => {
        const found = await index.source.filesOf(project, asker)
        if (found.kind !== 'page') return
        const wheel = name.replace(/\.metadata$/, '')
        const file = found.files.filter((one) => one.name === wheel)[nth]
        if (file !== undefined) await lookAtMetadata({ index, project, file, nth, installer, asker, began })
      }
      // A guess that fails is nobody's fault.
      look().catch(() => undefined)
    },
  }
}
