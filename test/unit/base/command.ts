import t from 'tap'
import { run, runAsync } from '../../../element-src/lib/base/command.js'
import { UserError } from '../../../element-src/lib/base/errors.js'

for (const [name, execute] of Object.entries({
  run: async (...args: Parameters<typeof run>) => run(...args),
  runAsync,
})) {
  t.test(name, async (t) => {
    t.equal(await execute('printf', ['%s', 'a b;$c']), 'a b;$c', 'no shell is in between')
    await t.rejects(
      execute('no-such-program', []),
      new UserError(`no-such-program is not found in ${process.env['PATH']}: install it`),
    )
    await t.rejects(execute('sh', ['-c', 'echo one >&2; echo two >&2; exit 3']), {
      name: 'UserError',
      message: /' failed: one; two$/,
    })
    await t.rejects(execute('sh', ['-c', 'exit 3']), { message: /' failed: it ended with 3$/ })
    await t.rejects(execute('/etc', []), { name: 'UserError', message: "'/etc' failed: it ended with EACCES" })
    await t.rejects(execute('sh', ['-c', 'kill -9 $$']), { message: /' failed: it ended with SIGKILL$/ })
  })
}
