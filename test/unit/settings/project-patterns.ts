import fc from 'fast-check'
import t from 'tap'
import { covers, overlap, parsePatterns } from '../../../element-src/lib/settings/project-patterns.js'
import { many } from '../../support/arbitrary/any.js'

t.test('names and patterns are normalised as PEP 503 has it', async (t) => {
  t.same(parsePatterns('Corp-*, acme_Lib  acme.lib,zope.interface'), ['corp-*', 'acme-lib', 'zope-interface'])
  t.same(parsePatterns('*'), ['*'])
  for (const wrong of ['', ' , ', '-corp', 'corp-', 'corp lib!', 'a?', '[ab]', 'ü', 'a/b', 'a==1']) {
    t.equal(parsePatterns(wrong), undefined, wrong)
  }
})

t.test(
  'two patterns overlap where there is a name that both match, and one covers another where it matches all',
  async (t) => {
    const names = [0, 1, 2, 3, 4].flatMap((length) =>
      Array.from({ length: 2 ** length }, (_, i) => (length === 0 ? '' : i.toString(2).padStart(length, '0'))),
    )
    const matches = (pattern: string) => {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`)
      return names.filter((name) => expression.test(name))
    }
    const pattern = fc.array(fc.constantFrom('0', '1', '*'), { minLength: 1, maxLength: 4 }).map((all) => all.join(''))
    for (const [a, b] of many(t, fc.tuple(pattern, pattern), 2000)) {
      const both = matches(a).filter((name) => matches(b).includes(name))
      if (both.length > 0 && !overlap(a, b)) t.fail(`${a} and ${b} overlap`, { both })
      if (both.length === 0 && overlap(a, b) && a.replaceAll('*', '').length + b.replaceAll('*', '').length <= 4) {
        t.fail(`${a} and ${b} do not overlap`)
      }
      if (covers(a, b) && both.length < matches(b).length) t.fail(`${a} does not cover ${b}`)
    }
  },
)
