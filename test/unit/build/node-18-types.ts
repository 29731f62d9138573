import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { project } from '../../../build/project.js'

const folder = join(project, 'element-src')

/** What the compiler says of a module of element-src, by the settings of that folder. */
const complaints = (text: string): readonly string[] => {
  const { config } = ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: ['nothing'] }, ts.sys, folder)
  const path = join(folder, 'lib', 'a-module.ts')
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  host.getSourceFile = (name, version) =>
    name === path ? ts.createSourceFile(name, text, version) : getSourceFile(name, version)
  host.fileExists = (name) => name === path || fileExists(name)
  host.readFile = (name) => (name === path ? text : readFile(name))
  const program = ts.createProgram([path], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

t.test('in element-src, what Node.js 18 has not does not compile', async (t) => {
  const text = `import * as fs from 'node:fs'
export const old = [1, 2].at(-1) ?? performance.now()
export const has = Object.hasOwn(process.env, fs.readFileSync('a', 'utf8'))
export const sorted = [2, 1].toSorted()
export const found = process.loadEnvFile()
export const resolvers = Promise.withResolvers<void>()
`
  const found = complaints(text)
  t.match(found, [/'toSorted' does not exist/, /'loadEnvFile' does not exist/, /'withResolvers' does not exist/])
  t.equal(found.length, 3)
})

t.test('make lint compiles element-src by its own settings, too', async (t) => {
  const makefile = readFileSync(join(project, 'Makefile'), 'utf8')
  t.match(makefile, /^lint: .*\n(?:\t.*\n)*\t@node_modules\/\.bin\/tsc -p element-src$/m)
})
