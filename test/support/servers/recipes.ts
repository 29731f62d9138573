import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { project } from '../../../build/project.js'

const read = (page: string): string => readFileSync(join(project, page === 'README.md' ? '' : 'docs', page), 'utf8')

/** The pages of recipes. */
export const readRecipes = (): string => ['mirrors.md', 'fleet.md', 'offline.md'].map(read).join('\n')

/** The indented blocks of a text, without their indentation. */
const blocksIn = (text: string): readonly string[] =>
  [...text.matchAll(/(?:^ {4}.*\n|^\n(?= {4}))+/gm)].map(([block]) => `${block.replace(/^ {4}/gm, '').trim()}\n`)

const change = (text: string, changes: Readonly<Record<string, string>>): string =>
  Object.entries(changes).reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`${text.trim()} does not say ${from}`)
    return changed.replaceAll(from, to)
  }, text)

/**
 * What a recipe of these tells a user to type: the first indented block under its heading.
 *
 * @param changes What stands for one machine or user there, with what it is in a test; each must be there.
 * @returns The block's lines, without their indentation.
 */
export const recipe = (heading: string, changes: Readonly<Record<string, string>> = {}): string => {
  const [, section] = readRecipes().split(`\n### ${heading}\n`)
  const [block] = blocksIn(section?.split('\n## ')[0]?.split('\n### ')[0] ?? '')
  if (block === undefined) throw new Error(`docs/ has no recipe '${heading}'`)
  return change(block, changes)
}

/** The sections of README.md or of a page of docs/: the headings, each with its blocks. */
export const sectionsOf = (page: string): ReadonlyMap<string, readonly string[]> =>
  new Map(
    read(page)
      .split(/^##+ /m)
      .slice(1)
      .map((section) => [section.split('\n')[0] ?? '', blocksIn(section)]),
  )

/**
 * A block of README.md or of a page of docs/ that tells a user what to type.
 *
 * @param index Which of those under the heading.
 * @param changes As for `recipe`.
 */
export const documented = (
  page: string,
  heading: string,
  index: number,
  changes: Readonly<Record<string, string>> = {},
): string => {
  const block = sectionsOf(page).get(heading)?.[index]
  if (block === undefined) throw new Error(`${page} has no block ${index} under '${heading}'`)
  return change(block, changes)
}

/**
 * A command in the text of a page.
 *
 * @param command Its pattern, with a group that is the command.
 */
export const inText = (page: string, command: RegExp): string => {
  const [, found] = command.exec(read(page)) ?? []
  if (found === undefined) throw new Error(`${page} does not have ${command}`)
  return found
}

/** What `NAME=value` in a text sets, for a build's environment. */
export const assignments = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries([...text.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]))

/** The variables that a recipe sets, for a build's environment. */
export const recipeSettings = (heading: string): Readonly<Record<string, string>> => assignments(recipe(heading))

/** A command of a page that builds an image: what it sets, and the options of disk-image-create. */
export interface DocumentedBuild {
  readonly environment: Readonly<Record<string, string>>
  readonly options: readonly string[]
}

/**
 * The builds that a block of a page tells a user to make, one for each line with disk-image-create; without the name of the
 * image and the operating system's elements, which a test has of its own.
 */
export const documentedBuilds = (block: string): readonly DocumentedBuild[] => {
  const lines = block.split('\n').map((line) => line.replace(/\s+#.*/, ''))
  const exported = assignments(lines.filter((line) => line.startsWith('export ')).join('\n'))
  return lines.flatMap((line) => {
    const [, before, options] = /^(.*?)disk-image-create(.*) -o image \S+ vm pypi my-element$/.exec(line) ?? []
    if (before === undefined || options === undefined) return []
    return [{ environment: { ...exported, ...assignments(before) }, options: options.split(' ').filter(Boolean) }]
  })
}
