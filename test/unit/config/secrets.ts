import t from 'tap'
import { secretsIn } from '../../../element-src/lib/config/merge.js'

t.test(
  'a password is known in each spelling, by itself only if it is long, and a short one with its user',
  async (t) => {
    t.same(secretsIn(['https://user:p%40ss@b/simple', 'http://a/simple']), [
      '//user:p%40ss@',
      '//user:p%%40ss@',
      '//user:p@ss@',
      'user:p%40ss',
      'user:p%%40ss',
      'user:p@ss',
    ])
    t.ok(secretsIn(['https://user:a-long%2Dpassword@b/']).includes('a-long-password'))
    t.ok(secretsIn(['https://a-long-token@b/']).includes('a-long-token'))
    t.same(secretsIn(['https://@b/', 'file:///tmp/pypi']), [])
  },
)

t.test("the relay's secret is the first part of its path", async (t) => {
  t.same(secretsIn(['http://127.0.0.1:1/t0ken/1/simple'], true), ['t0ken'])
  t.same(secretsIn(['http://127.0.0.1:1/t0ken/1/simple']), [])
})
