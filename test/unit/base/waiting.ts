import { getEventListeners } from 'node:events'
import t from 'tap'
import { endable, newOnce } from '../../../element-src/lib/base/waiting.js'

t.test('a signal is given with the other one, in time or at its end, and leaves no listener behind', async (t) => {
  const other = new AbortController()
  const ended = endable(other.signal, 600_000)
  const follows = endable(other.signal)
  const timely = endable(other.signal, 1)
  t.equal(ended.signal.aborted, false)
  ended.end()
  t.equal(ended.signal.aborted, true)
  await new Promise((resolve) => timely.signal.addEventListener('abort', resolve))
  t.equal(getEventListeners(other.signal, 'abort').length, 1, 'that of the one that goes on')
  other.abort()
  t.equal(follows.signal.aborted, true)
  t.equal(getEventListeners(other.signal, 'abort').length, 0)
  t.equal(endable(other.signal).signal.aborted, true, 'one that begins too late')
})

t.test('of many who wait for one signal Node.js says nothing in the log', async (t) => {
  const warnings: Error[] = []
  const note = (warning: Error): void => void warnings.push(warning)
  process.on('warning', note)
  t.teardown(() => process.off('warning', note))
  const { signal, end } = endable()
  for (let i = 0; i < 50; i += 1) signal.addEventListener('abort', () => undefined)
  await new Promise(setImmediate)
  end()
  t.same(warnings, [])
})

t.test('by one key one answer is shared and remembered, and what failed is asked again', async (t) => {
  const asked: string[] = []
  const once = newOnce<string>()
  const ask = (key: string, fails = false): Promise<string> =>
    once(key, async () => {
      asked.push(key)
      if (fails) throw new Error(key)
      return `${key}'s`
    })
  t.same(await Promise.all([ask('a'), ask('a'), ask('b')]), ["a's", "a's", "b's"])
  t.equal(await ask('a'), "a's")
  t.same(asked.splice(0), ['a', 'b'])
  await t.rejects(Promise.all([ask('c', true), ask('c', true)]))
  t.equal(await ask('c'), "c's")
  t.same(asked, ['c', 'c'])
  const brief = newOnce<number>(1)
  let count = 0
  const next = (): Promise<number> => brief('a', async () => ++count)
  while ((await next()) === 1) await new Promise((resolve) => setTimeout(resolve, 1))
  t.equal(count, 2, 'after its time it is asked for anew')
})
