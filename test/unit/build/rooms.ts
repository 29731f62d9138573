import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { project } from '../../../build/project.js'

const lib = join(project, 'element-src', 'lib')

/** The modules of lib, each with those that it imports, for types too. */
const imports: ReadonlyMap<string, readonly string[]> = new Map(
  readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [
      path,
      [...readFileSync(join(lib, path), 'utf8').matchAll(/(?: from |import\()'(\.[^']+)\.js'/g)].map(([, name = '']) =>
        join(path, '..', `${name}.ts`),
      ),
    ]),
)

t.test(
  'a module of element-src/lib imports from its own room and from rooms below it, which CONTRIBUTING.md lists',
  async (t) => {
    const rooms = [...readFileSync(join(project, 'CONTRIBUTING.md'), 'utf8').matchAll(/^\| `([a-z]+)` \|/gm)].map(
      ([, room = '']) => room,
    )
    const levelOf = (path: string): number =>
      path.includes('/') ? rooms.indexOf(path.split('/')[0] ?? '') : rooms.length
    t.same(
      [...imports.keys()].filter((path) => levelOf(path) < 0),
      [],
    )
    t.same(
      [...imports].flatMap(([path, names]) =>
        names.filter((name) => levelOf(name) > levelOf(path)).map((name) => `${path} imports ${name}`),
      ),
      [],
    )
  },
)

t.test('no module of element-src/lib imports itself by way of others', async (t) => {
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(' > '))
    if (done.has(path)) return
    done.add(path)
    for (const name of imports.get(path) ?? []) visit(name, [...way, path])
  }
  for (const path of imports.keys()) visit(path, [])
  t.same(circles, [])
})
