import { execFileSync } from 'node:child_process'
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { placesOf } from '../../../element-src/lib/config/places.js'
import { findFolder, findMountTarget } from '../../../element-src/lib/config/plan.js'
import { resolveLinks } from '../../../element-src/lib/image/path-in-root.js'

t.test('a path without links is what realpath --canonicalize-missing says', async (t) => {
  const top = realpathSync(t.testdir({ a: { b: { file: '' } }, links: {} }))
  const links: Readonly<Record<string, string>> = {
    absolute: join(top, 'a'),
    relative: '../a/b/file',
    dangling: '../missing/below',
    climbing: '../links/../a/./b//',
    'of-links': 'dangling/more',
  }
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(top, 'links', name))
  for (const path of [
    'a/b/file',
    'a/../a/b',
    'nothing/at/all',
    ...Object.keys(links).map((name) => `links/${name}`),
    'links/dangling/../x',
    'links/absolute/b/new',
  ]) {
    const expected = execFileSync('realpath', ['--canonicalize-missing', `${top}/${path}`], { encoding: 'utf8' }).trim()
    t.equal(resolveLinks(`${top}/${path}`), expected, path)
  }
})

t.test('the mount target of a file is found, whether something is there or not', async (t) => {
  const top = realpathSync(t.testdir())
  mkdirSync(join(top, 'home'))
  writeFileSync(join(top, 'home', 'file'), '')
  symlinkSync('../elsewhere/cfg', join(top, 'home', 'link'))
  symlinkSync('loop', join(top, 'home', 'loop'))
  for (const path of ['home/file', 'home/.pip/pip.conf']) t.equal(findMountTarget(join(top, path)), join(top, path))
  t.equal(findMountTarget(join(top, 'home/link')), join(top, 'elsewhere/cfg'))
  t.throws(() => findMountTarget(join(top, 'home')), {
    message: `${top}/home in the image is not a file, which pip could read: remove it`,
  })
  t.throws(() => findMountTarget(join(top, 'home/file/pip.conf')), {
    message: `${top}/home/file in the image is not a folder, as the element needs it: remove it in root.d`,
  })
  t.throws(() => findFolder(join(top, 'home/loop')), {
    message: `${top}/home/loop in the image is a link that leads to itself: remove it`,
  })
})

t.test("a file that is root's and every user's is every user's, and there once", async (t) => {
  const places = placesOf({ XDG_CONFIG_HOME: '/etc/xdg' }).filter(({ path }) => path === '/etc/xdg/pip/pip.conf')
  t.match(places, [{ isForEveryone: true }])
  t.equal(places.length, 1)
})
