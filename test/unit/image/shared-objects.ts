import { chmodSync, existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { checksumBeside, findLoader, sharedObjectsOf } from '../../../element-src/lib/image/stage-runtime.js'

t.test("the shared objects of this machine's own Node.js are found", async (t) => {
  const files = await sharedObjectsOf(findLoader(), process.execPath)
  t.ok(files.has('libc.so.6') || files.has('libc.musl-x86_64.so.1'))
  for (const [name, file] of files) t.ok(existsSync(file), `${name} is ${file}`)
})

t.test('the loader is known among what is mapped into a process', async (t) => {
  const line = (path: string): string => `7f01-7f02 r--p 00000000 fe:00 1234   ${path}\n`
  for (const loader of [
    '/lib64/ld-linux-x86-64.so.2',
    '/a b/ld-2.31.so',
    '/lib/ld-musl-x86_64.so.1',
    '/lib64/ld64.so.2',
  ]) {
    t.equal(findLoader(line('/usr/bin/node') + line('/usr/lib/libldap.so.2') + line(loader) + line('[stack]')), loader)
  }
  t.throws(() => findLoader(line('/opt/static/node')), {
    message: /has no dynamic loader.*name another Node\.js in DIB_PYPI_NODE$/,
  })
})

/** A loader that lists what a test wants. */
const loaderThatSays = (t: Test, text: string): string => {
  const loader = join(t.testdir({ 'ld.so': `#!/bin/sh\ncat <<'END'\n${text}END\n` }), 'ld.so')
  chmodSync(loader, 0o755)
  return loader
}

t.test('every format in which a loader lists them is read', async (t) => {
  const lists: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
    '\tlinux-vdso.so.1 (0x00007ffe)\n\tlibm.so.6 => /usr/lib/libm.so.6 (0x00007f)\n': [
      ['libm.so.6', '/usr/lib/libm.so.6'],
    ],
    '\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n': [['ld-linux-x86-64.so.2', '/lib64/ld-linux-x86-64.so.2']],
    '\t/lib64/ld-linux-x86-64.so.2 => /lib/ld-2.31.so (0x00007f)\n': [['ld-linux-x86-64.so.2', '/lib/ld-2.31.so']],
    '\tliba b.so => /opt/a b/liba b.so (0x7f)\n': [['liba b.so', '/opt/a b/liba b.so']],
    '\tlibc.musl-x86_64.so.1 => /lib/ld-musl-x86_64.so.1 (0x7f)\n': [
      ['libc.musl-x86_64.so.1', '/lib/ld-musl-x86_64.so.1'],
    ],
  }
  for (const [text, files] of Object.entries(lists)) {
    t.same([...(await sharedObjectsOf(loaderThatSays(t, text), '/x'))], files)
  }
  const incomplete = loaderThatSays(t, '\tlibz.so.1 => not found\n')
  await t.rejects(sharedObjectsOf(incomplete, '/x'), {
    message: '/x needs libz.so.1, which this host does not have: install it',
  })
})

t.test('the checksum of a host in FIPS mode goes with a shared object, also of one that is a link', async (t) => {
  const folder = t.testdir({ 'libcrypto.so.1.1.1k': '', '.libcrypto.so.1.1.1k.hmac': '', 'libz.so.1': '' })
  symlinkSync('libcrypto.so.1.1.1k', join(folder, 'libcrypto.so.1.1'))
  t.equal(checksumBeside(join(folder, 'libcrypto.so.1.1')), join(folder, '.libcrypto.so.1.1.1k.hmac'))
  t.equal(checksumBeside(join(folder, 'libz.so.1')), undefined)
})
