import { execFileSync } from 'node:child_process'
import t from 'tap'
import { measuredBy, type Run, readRuns, timer } from '../../bench/timer.js'

const run = (seconds: number, status = 0, said = ''): Run => ({ status, seconds, said })

t.test('the sh of the chroot measures a program, and ends one that takes too long', async (t) => {
  // As root it would write where the chroot's root has its home.
  const script = timer.replaceAll('/root/bench-output', `${t.testdir()}/output`)
  const log = execFileSync(
    'sh',
    [
      '-eu',
      '-c',
      `${script}\nmeasure good 5 true\nmeasure slow 0.3 sleep 5 || :\nmeasure bad 5 sh -c 'echo error: x; exit 3' || :`,
    ],
    { encoding: 'utf8' },
  )
  const runs = readRuns(`before\n${log}`)
  t.match(runs.get('good'), { status: 0 })
  t.match(runs.get('slow'), { status: 124 })
  const slow = runs.get('slow')?.seconds ?? 0
  t.ok(slow >= 0.3 && slow < 4, `${slow} s`)
  t.match(runs.get('bad'), { status: 3, said: 'error: x' })
  t.equal(runs.size, 3)
})

t.test('what the runs measure is their median, with what each costs elsewhere', async (t) => {
  t.same(measuredBy([run(3), run(1), run(2)], 10), { seconds: 2 })
  t.same(measuredBy([run(3), run(1), run(2)], 10, [0.5, 0.5, 4]), { seconds: 3.5 })
})

t.test('where half of the runs were ended, it is a lower bound', async (t) => {
  t.same(measuredBy([run(10, 124), run(9), run(10, 124)], 10), { moreThan: 10 })
  t.same(measuredBy([run(10, 124), run(9), run(8)], 10), { seconds: 9 })
})

t.test('where one failed, or none was made, there is a fault and no number', async (t) => {
  t.same(measuredBy([run(1), run(1, 1, 'ERROR: no such package')], 10), { fault: 'ERROR: no such package' })
  t.match(measuredBy([], 10), { fault: String })
})
