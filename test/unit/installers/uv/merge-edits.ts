import t from 'tap'
import { mergeUvEdits } from '../../../../element-src/lib/installers/uv/merge-edits.js'

const laid = '# remark\nindex-url = "http://u:secret@a/simple"\nextra-index-url = ["http://b"]\n'

t.test("nothing changed, or nothing of another's", async (t) => {
  t.equal(mergeUvEdits({ credentials: [], own: 'x = 1\n', laid, edited: laid }), undefined)
  t.equal(mergeUvEdits({ credentials: [], own: 'x = 1\n', laid, edited: '' }), undefined, 'emptied')
})

t.test('added lines go into the image, ours do not', async (t) => {
  const edited = `native-tls = true\n${laid}# why\n[pip]\nno-deps = true\n`
  t.equal(mergeUvEdits({ credentials: [], own: '', laid, edited }), 'native-tls = true\n# why\n[pip]\nno-deps = true\n')
  t.equal(
    mergeUvEdits({ credentials: [], own: 'offline = false\n', laid, edited: `${laid}[pip]\nno-deps = true` }),
    'offline = false\n[pip]\nno-deps = true\n',
  )
  t.equal(
    mergeUvEdits({ credentials: [], own: '', laid, edited: 'offline = true\n' }),
    'offline = true\n',
    'written anew',
  )
})

t.test('what cannot be carried over is refused', async (t) => {
  const mixed = laid.replace('["http://b"]', '["http://b", "http://theirs"]')
  t.throws(() => mergeUvEdits({ credentials: [], own: '', laid, edited: mixed }), {
    message: /changed a line .* that names its indexes/,
  })
  t.throws(() => mergeUvEdits({ credentials: [], own: '[pip]\n', laid, edited: `${laid}offline = true\n` }), {
    message: /has tables/,
  })
})
