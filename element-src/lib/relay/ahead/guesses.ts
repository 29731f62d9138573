import { isLocal } from '../../index/page.js'
import { newRemembered } from '../remembered.js'
import type { ServedIndex, WantedFile } from '../served-index.js'
import type { Guess } from '../store/download.js'
import type { Asker } from '../upstream/source.js'

/** What makes a file likely to be asked for: that its metadata was, or that it is the newest on a page that will be read. */
type Reason = 'metadata' | 'page'

const mostAtOnce = 8

/** So many bytes at most, of one and of all for which nobody has asked yet. */
const largest = 50e6
const largestSum = 200e6

/** Of so many, the last ones, so many may be wrong: then there are no more. */
const judged = 5
const mostWrong = 2

/** So many guesses that only pages led to may be unproven for each that proved right: constraints make all of them wrong. */
const mostUnproven = 4

const mostProjects = 10_000

interface Made {
  readonly guessed: WantedFile
  readonly headers: Asker['headers']
  isProven: boolean
  isWrong: boolean
  guess?: Guess | undefined
}

interface Project {
  readonly versions: Set<string>
  /** The one file that is guessed. */
  made?: Made | undefined
}

/** Files that are fetched before an installer asks for them; begins with none. */
export const newGuesses = () => {
  const projects = newRemembered<Project>(mostProjects)
  const last: Record<Reason, Made[]> = { metadata: [], page: [] }
  const unproven = new Set<Made>()
  let waiting: Made[] = []
  let [running, bytes, proven] = [0, 0, 0]

  const projectOf = (name: string): Project => projects.use(name, () => ({ versions: new Set() }))

  const isOver = (reason: Reason): boolean => last[reason].filter(({ isWrong }) => isWrong).length > mostWrong

  const leave = (made: Made): void => {
    unproven.delete(made)
    waiting = waiting.filter((other) => other !== made)
    const project = projectOf(made.guessed.project)
    if (project.made === made) project.made = undefined
    made.guess?.drop()
  }

  const run = async (made: Made): Promise<void> => {
    const { index, key, file } = made.guessed
    let own = 0
    const mayTake = (length: number): boolean => {
      if (own + length > largest || bytes + length > largestSum) return false
      own += length
      bytes += length
      return true
    }
    running += 1
    try {
      // One that is in the folder is not fetched, nor one that turned out to be wrong meanwhile.
      const isNeeded = (await index.findFile(file)) === undefined && projectOf(made.guessed.project).made === made
      made.guess = isNeeded ? index.downloads?.guess(key, file, made.headers, mayTake) : undefined
      if (made.guess === undefined) return leave(made)
      made.guess.isWanted.then(() => {
        bytes -= own
        leave(made)
      })
      await made.guess.received
    } finally {
      running -= 1
      next()
    }
  }

  const next = (): void => {
    while (running < mostAtOnce) {
      const made = waiting.find(({ isProven }) => isProven) ?? waiting[0]
      if (made === undefined) return
      waiting = waiting.filter((other) => other !== made)
      run(made).catch(() => leave(made))
    }
  }

  return {
    /** Takes note that an installer asked for a file, or for its metadata. Returns whether it is the first of its project, and was not guessed. */
    asked: (index: ServedIndex, name: string, key: string, version: string): boolean => {
      const project = projectOf(name)
      project.versions.add(version)
      const { made } = project
      if (made === undefined) return project.versions.size === 1
      if (made.guessed.key !== key || made.guessed.index !== index) {
        made.isWrong = true
        leave(made)
        if (isOver('page')) for (const other of unproven) leave(other)
      } else if (!made.isProven) {
        made.isProven = true
        proven += 1
        unproven.delete(made)
      }
      return false
    },
    /** Takes note that a file was asked for that would have been guessed: guesses are likely to be right. */
    foretold: (): void => {
      proven += 1
    },
    /** Fetches a file, unless too much was guessed, or guessed wrong. */
    suggest: (reason: Reason, guessed: WantedFile, headers: Asker['headers']): void => {
      const { index, file } = guessed
      const project = projectOf(guessed.project)
      if (index.downloads === undefined || isLocal(file) || (file.size ?? 0) > largest) return
      if (project.made !== undefined || project.versions.size > 1 || isOver('metadata')) return
      if (reason === 'page' && (isOver('page') || project.versions.size > 0 || unproven.size >= mostUnproven * proven))
        return
      const made: Made = { guessed, headers, isProven: reason === 'metadata', isWrong: false }
      project.made = made
      if (!made.isProven) unproven.add(made)
      last[reason] = [...last[reason], made].slice(-judged)
      waiting.push(made)
      next()
    },
  }
}
