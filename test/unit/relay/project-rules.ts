import t from 'tap'
import { isAskedAt, isKeptFor, markOf } from '../../../element-src/lib/settings/project-patterns.js'
import { at } from '../../support/relay/test-relay.js'

t.test('a project is asked where its rules say, and nowhere else', async (t) => {
  const corp = { projects: ['corp-*', 'acme'], exclude: ['corp-old'] }
  const general = { exclude: ['banned'] }
  const official = {}
  const all = [corp, general, official]
  const places: Readonly<Record<string, readonly object[]>> = {
    'corp-lib': [corp],
    acme: [corp],
    'acme-lib': [general, official],
    // Taken out of corp's.
    'corp-old': [general, official],
    banned: [official],
    corp: [general, official],
  }
  for (const [project, expected] of Object.entries(places)) {
    t.same(
      all.map((index) => isAskedAt(project, index, all)),
      all.map((index) => expected.includes(index)),
      project,
    )
  }
})

t.test('an index that is not asked in this build owns its projects all the same', async (t) => {
  const absent = { projects: ['corp-*'], absent: 'DIB_OFFLINE' }
  const general = {}
  t.notOk(isAskedAt('corp-lib', general, [absent, general]))
  t.ok(isAskedAt('other', general, [absent, general]))
})

t.test('offline, the folder that builds filled is asked for every project', async (t) => {
  const corp = { projects: ['corp-*'] }
  const kept = { isKept: true, exclude: ['corp-old'] } as const
  const all = [corp, kept]
  for (const project of ['corp-lib', 'corp-old', 'other']) t.ok(isAskedAt(project, kept, all), project)
  t.notOk(isAskedAt('other', corp, all))
})

t.test('a file that a build kept is under the rules of the indexes that it was kept from', async (t) => {
  const corp = at('https://corp.example/simple/?x#y', { projects: ['corp-*'] })
  const young = at('https://young.example/simple', { exclude: ['banned'], excludeNewer: '2024-06-01T00:00:00Z' })
  const other = markOf(at('https://attacker.example/simple'))
  t.equal(markOf(at('https://corp.example/simple')), markOf(corp), 'in each spelling')
  t.equal(markOf({ url: 'https://h.example/+simple/', namedUrl: 'https://corp.example/simple' }), markOf(corp))
  const isKept = (project: string, origins: readonly string[] | undefined, all = [corp], uploadTime?: string) =>
    isKeptFor(project, { name: 'x', url: '', hashes: {}, origins, uploadTime }, all)
  t.ok(isKept('corp-lib', [markOf(corp)]))
  t.ok(isKept('corp-lib', [other, markOf(corp)]), 'of which one is right')
  t.notOk(isKept('corp-lib', [other]), 'from an index of another build')
  t.notOk(isKept('corp-lib', undefined), 'from nobody knows where')
  t.ok(isKept('demo', [other]), 'nobody owns it')
  t.notOk(isKept('demo', [markOf(corp)]), 'where it is not asked')
  const both = [corp, young]
  t.ok(isKept('demo', [markOf(young)], both, '2024-05-01T00:00:00Z'))
  t.notOk(isKept('demo', [markOf(young)], both, '2024-07-01T00:00:00Z'))
  t.notOk(isKept('demo', [markOf(young)], both))
  t.notOk(isKept('banned', [markOf(young)], both, '2024-05-01T00:00:00Z'))
  t.notOk(isKept('demo', [other], both, '2024-05-01T00:00:00Z'))
})
