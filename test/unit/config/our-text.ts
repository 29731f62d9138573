import t from 'tap'
import { isLeftBehind, isMadeOfOurs, mergeText } from '../../../element-src/lib/config/our-text.js'

const content = '# remark\n[global]\nindex-url = http://u:secret@a/simple\ntimeout = 5\n'
const own = '[global]\nindex-url = http://own/simple\ntimeout = 5\n'
const file = { format: 'pip', own, content } as const
const credentials = ['//u:secret@']

t.test('what another hook wrote anew is the file as it is, whatever format', async (t) => {
  const anew = '; other\n[global]\ntimeout = 60\n'
  t.equal(mergeText(file, own, anew, credentials), anew)
  const uv = { format: 'uv', own: 'offline = true\n', content: 'offline = true\nindex-url = "http://a"\n' } as const
  t.equal(mergeText(uv, uv.own, 'offline = true\n# new\n', []), 'offline = true\n# new\n')
  t.equal(mergeText(uv, uv.own, uv.own, []), undefined, 'as the image has it')
  t.equal(mergeText(file, own, content, credentials), undefined, 'unchanged')
})

t.test('our configuration in the image is told from what says the same by chance', async (t) => {
  t.equal(isLeftBehind(file, own, content, credentials), false, "the image's own")
  t.equal(isLeftBehind(file, own, own, credentials), false, 'which a hook wrote once more')
  t.equal(isLeftBehind(file, content, content, credentials), true, 'ours')
  const edited = `${content}retries = 1\n`
  t.equal(isLeftBehind(file, edited, edited, credentials), true, 'ours, with a change')
  t.equal(isLeftBehind(file, '[x]\n', '[x]\n', credentials), false, 'written by a hook, here and there')
  t.equal(isLeftBehind({ ...file, own: undefined }, '', content, credentials), false, 'a stub')
})

t.test("a copy of ours is known by its text or its indexes' addresses", async (t) => {
  t.equal(isMadeOfOurs(file, content), true)
  t.equal(isMadeOfOurs(file, 'see http://u:secret@a/simple'), true)
  t.equal(isMadeOfOurs(file, own), false)
  t.equal(isMadeOfOurs({ ...file, content: '' }, ''), false)
})

t.test('a section at the end goes to the end, also where ours has one of that name', async (t) => {
  t.equal(
    mergeText(file, own, `${content}# why\n[global]\nretries = 1\n`, credentials),
    `${own}# why\n[global]\nretries = 1\n`,
  )
  t.equal(mergeText({ ...file, own: undefined }, undefined, `${content}[list]\n`, credentials), '[list]\n')
})
