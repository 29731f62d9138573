import t from 'tap'
import { parseMountinfo } from '../../../element-src/lib/image/mounts.js'

t.test("each mount in the kernel's list is read, with its path, and whether it is read-only and private", async (t) => {
  const text = [
    '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue',
    '37 35 98:0 / /a\\040b\\134c ro,relatime - tmpfs tmpfs rw',
    '38 35 98:0 / /\xc3\xbc rw shared:7 unbindable - tmpfs ro rw',
    '',
  ].join('\n')
  t.same(parseMountinfo(text), [
    { target: '/mnt2', isReadOnly: false, isPrivate: false },
    { target: '/a b\\c', isReadOnly: true, isPrivate: true },
    { target: '/ü', isReadOnly: false, isPrivate: false },
  ])
})

t.test("the kernel's list of this process's mounts has its root", async (t) => {
  t.ok(parseMountinfo().some(({ target }) => target === '/'))
})
