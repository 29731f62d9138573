import t from 'tap'
import { isAskedAt } from '../../../element-src/lib/relay/project-rules.js'

t.test('which projects are asked where', async (t) => {
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
