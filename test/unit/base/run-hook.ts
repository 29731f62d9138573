import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import t from 'tap'
import { project } from '../../../build/project.js'

/** Runs an action as a hook does, in a process of its own. */
const runAction = (action: string): { status: number | null; log: string } => {
  const program = buildSync({
    stdin: {
      contents: `import { runHook } from './log.js'
import { UserError } from './errors.js'
runHook(${action})`,
      resolveDir: join(project, 'element-src', 'lib', 'base'),
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
  }).outputFiles[0]?.text
  const { status, stderr } = spawnSync(process.execPath, ['-'], { input: program ?? '', encoding: 'utf8' })
  return { status, log: stderr }
}

t.test('a hook ends with 0 only after its last step', async (t) => {
  t.same(runAction('async () => {}'), { status: 0, log: '' })
  t.same(runAction('() => undefined'), { status: 0, log: '' })
})

t.test('a hook whose action never settles fails, and says so', async (t) => {
  t.same(runAction('() => new Promise(() => {})'), {
    status: 1,
    log: 'pypi: error: the hook ended before it was done. This is an error of the element: report it\n',
  })
})

t.test("a hook's files are readable by every user of the image, whatever the caller's umask is", async (t) => {
  const before = process.umask(0o077)
  t.same(runAction('() => console.error(process.umask())'), { status: 0, log: `${0o022}\n` })
  process.umask(before)
})

t.test('a fault is one line', async (t) => {
  t.same(runAction("() => { throw new UserError('PIP is wrong: fix it') }"), {
    status: 1,
    log: 'pypi: error: PIP is wrong: fix it\n',
  })
  t.same(runAction("async () => { throw new TypeError('x') }"), { status: 1, log: 'pypi: error: x\n' })
})

t.test('what a server sent steers no terminal and begins no line of the log', async (t) => {
  t.same(runAction("() => { throw new UserError('it said \\u001b[2J, and\\r\\rmore') }"), {
    status: 1,
    log: 'pypi: error: it said  [2J, and more\n',
  })
})
