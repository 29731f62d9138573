import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { cutHook } from '../../bench/cut-hook.js'
import { elementOfOurs, hooksOfOurs } from '../../support/builds/dib.js'

for (const hook of hooksOfOurs) {
  t.test(`${hook} can end after its sh, and before it does anything`, async (t) => {
    const text = readFileSync(join(elementOfOurs, hook), 'utf8')
    const launcher = cutHook(text, 'launcher')
    t.ok(launcher.endsWith('"$0"\n*/\n') || launcher.endsWith('"$TARGET_ROOT"\n*/\n'), 'sh, with its call of Node.js')
    const bundle = cutHook(text, 'bundle')
    t.ok(bundle.length > text.length - 400, 'all but the last statement')
    t.match(text.slice(bundle.length), /^runHook\(/)
    t.equal(cutHook(text, 'whole'), text)
  })
}

t.test('a hook that is made otherwise is refused', async (t) => {
  t.throws(() => cutHook('#!/bin/sh\nexec node\n', 'launcher'), /has no end of its launcher/)
  t.throws(() => cutHook('#!/bin/sh\nexec node\n', 'bundle'), /has no end of its bundle/)
})
