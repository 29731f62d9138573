import t from 'tap'
import { competingUvSettings } from '../../../element-src/lib/uv/competing-settings.js'

t.test("the system's own file is warned of, where it has a say in the indexes", async (t) => {
  const root = t.testdir({
    etc: {
      uv: {
        'uv.toml': 'offline = false\n[[index]]\nurl = "http://user:secret@a"\ndefault = true\n# index-url = "no"\n',
      },
      xdg: { uv: { 'uv.toml': '[pip]\nextra-index-url = ["http://b"]\nno-index=true\n' } },
    },
  })
  t.same(competingUvSettings({}, root), [
    '/etc/xdg/uv/uv.toml in the image sets extra-index-url, no-index: uv asks these indexes as well as the mirrors; remove it',
    '/etc/uv/uv.toml in the image sets index: uv asks these indexes as well as the mirrors; remove it',
  ])
  t.same(competingUvSettings({}, t.testdir({ etc: { uv: { 'uv.toml': 'native-tls = true\n' } } })), [])
  t.same(competingUvSettings({}, t.testdir({})), [])
})
