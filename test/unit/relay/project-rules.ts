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
