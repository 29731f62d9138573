import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { project } from '../../../build/project.js'

const read = (path: string): string => readFileSync(join(project, path), 'utf8')

const sources = execFileSync(
  'git',
  ['ls-files', '-co', '--exclude-standard', 'element-src/lib', 'element-src/launcher'],
  {
    cwd: project,
    encoding: 'utf8',
  },
)
  .trim()
  .split('\n')
  .filter((path) => existsSync(join(project, path)))

/** Stands for what a message puts in. */
const hole = '\u0000'

/** Calls whose texts are for DIB_DEBUG_TRACE, or no messages. */
const others = /^(?:step|sendRequest)$/

/** The texts in a module that are sentences or parts of one: three words or more. */
const textsIn = (path: string): readonly string[] => {
  const texts: string[] = []
  const visit = (node: ts.Node, isMessage: boolean): void => {
    const isCall = ts.isCallExpression(node) || ts.isNewExpression(node)
    const counts = isMessage && !(isCall && others.test(node.expression.getText()))
    const text = ts.isTemplateExpression(node)
      ? [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join(hole)
      : ts.isStringLiteralLike(node)
        ? node.text
        : ''
    if (counts && /\w[\w',-]* [a-z-]{2,},? \S/.test(text)) texts.push(text)
    ts.forEachChild(node, (child) => visit(child, counts))
  }
  visit(ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true), true)
  return texts
}

/** What the log has before the texts of some modules. */
const prefixes: readonly (readonly [RegExp, string])[] = [
  [/settings\/mirrors-file\/|base\/files/, 'mirrors.ini, line 1: '],
  [/settings\/index-list/, 'DIB_PYPI_MIRROR_URL '],
  [/settings\/settings/, '/cache/pypi/mirror (DIB_IMAGE_CACHE) '],
  [/receipt\/bill/, 'DIB_PYPI_LOCK is a file, which is not a receipt: '],
  [/config\/pip\/config-file/, '/etc/pip.conf in the image cannot be read by its installer: '],
]

/** Texts that are no messages. */
const noMessages =
  /^nbsp |^Of the pypi element|^x86-64 and|^url of |^client-cert in |^is no longer asked|^the local mirror$/

const messages = sources.flatMap((path) =>
  path.endsWith('.sh')
    ? [...read(path).matchAll(/fail "(.*?)"$|console\.error\("pypi: error: "(.*?)\)$/gms)].map(
        ([, text, of]) => text ?? of ?? '',
      )
    : textsIn(path)
        .filter((text) => !noMessages.test(text))
        .map((text) => `${prefixes.find(([module]) => module.test(path))?.[1] ?? ''}${text}`),
)

/** The messages of a row: code in its first cell, in which `...` stands for what differs. */
const explained = [
  ...(/^## Messages\n([\s\S]*?)^## /m.exec(read('docs/troubleshooting.md'))?.[1] ?? '').matchAll(/^\| (.*?`) \|/gm),
].flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text))

const pattern = (text: string): RegExp =>
  new RegExp(
    text
      .split('...')
      .map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .filter((part) => part !== '')
      .join('[\\s\\S]*?'),
  )

t.test('docs/troubleshooting.md explains each message of the hooks and of the relay', async (t) => {
  t.ok(messages.length > 150)
  const patterns = explained.map(pattern)
  t.same(
    messages
      .filter((message) => !patterns.some((one) => one.test(message)))
      .map((text) => text.replaceAll(hole, '...')),
    [],
  )
})

t.test('it explains no message that the element does not have', async (t) => {
  t.same(
    explained.filter((text) => !messages.some((message) => pattern(text).test(message))),
    [],
  )
})
