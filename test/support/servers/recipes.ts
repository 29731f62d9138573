import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { project } from '../../../build/project.js'

/** The pages of recipes. */
export const readRecipes = (): string =>
  ['mirrors.md', 'fleet.md', 'offline.md'].map((page) => readFileSync(join(project, 'docs', page), 'utf8')).join('\n')

/**
 * What a recipe of these tells a user to type: the first indented block under its heading.
 *
 * @param changes What stands for one machine or user there, with what it is in a test; each must be there.
 * @returns The block's lines, without their indentation.
 */
export const recipe = (heading: string, changes: Readonly<Record<string, string>> = {}): string => {
  const [, section] = readRecipes().split(`\n### ${heading}\n`)
  const [block] = /(?:^ {4}.*\n|^\n(?= {4}))+/m.exec(section?.split('\n## ')[0]?.split('\n### ')[0] ?? '') ?? []
  if (block === undefined) throw new Error(`docs/ has no recipe '${heading}'`)
  const text = block.replace(/^ {4}/gm, '').trim()
  return Object.entries(changes).reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`the recipe '${heading}' does not say ${from}`)
    return changed.replaceAll(from, to)
  }, `${text}\n`)
}

/**
 * The variables that a recipe sets, for a build's environment.
 *
 * @param heading The recipe's heading: its block consists of `NAME=value` lines.
 */
export const recipeSettings = (heading: string): Readonly<Record<string, string>> =>
  Object.fromEntries([...recipe(heading).matchAll(/^(\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]))
