import t, { type Test } from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { type Phases, type RanPhases, runPhases } from '../support/builds/run-phases.js'
import { watchHost } from '../support/observation/harm.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const muslRoot = await fixtures.muslRoot()

const conf = '/root/.pip/pip.conf'
const environment = {
  DIB_OFFLINE: '1',
  DIB_PYPI_RELAY: 'never',
  DIB_PYPI_MIRROR_URL: 'https://user:secret@mirror.example/simple',
  DIB_PYPI_UNREACHABLE: 'keep',
}

/** bash that leaves so many pages free where the build is made: the image and the hooks are there. */
const leave = (pages: number): string => `
page=$(($(getconf PAGESIZE) / 1024))
build=$(realpath "$ROOT/..")
mount -o "remount,size=$(($(df --output=used -k "$build" | tail -n 1) + ${pages} * page))k" "$build"
`

/** A hook of another element's, after ours, that says how many pages are used there. */
const sayUsed = `
cat >"$ROOT/../hooks/extra-data.d/50-say-used" <<'END'
#!/bin/sh
echo "used: $(($(df --output=used -k "$TMP_BUILD_DIR" | tail -n 1) * 1024 / $(getconf PAGESIZE)))"
END
chmod 0755 "$ROOT/../hooks/extra-data.d/50-say-used"
echo "before: $(($(df --output=used -k "$ROOT/.." | tail -n 1) * 1024 / $(getconf PAGESIZE)))"
`

const errors = (ran: RanPhases): readonly string[] => ran.log.match(/^pypi: error: .*$/gm) ?? []

/** Says that the hooks failed for want of space, in one line, and left the image as it was. */
const failsWhole = (t: Test, ran: RanPhases, name: string): void => {
  t.not(ran.status, 0, name)
  t.equal(errors(ran).length, 1, 'in one line', { log: ran.log })
  t.match(errors(ran)[0], /no space left on device/i)
  t.notMatch(ran.log, /secret| {4}at /)
}

t.test('where there is no space for a part of what is written, the build fails whole', async (t) => {
  const scratch = scratchFolder(t)
  const host = watchHost(scratch)
  const run = (phases: Phases): Promise<RanPhases> =>
    runPhases(scratch, { root: muslRoot, environment, inChroot: `cat ${conf}`, ...phases })

  const whole = await run({ prepare: sayUsed })
  t.equal(whole.status, 0, 'with space, the hooks succeed', { log: whole.log })
  const number = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(whole.log)?.[1])
  const staged = number('used') - number('before')
  t.ok(staged > 100, `${staged} pages are staged`)

  const failed = { 'extra-data.d': 0, 'pre-install.d': 0 }
  let free = 0
  let succeeded = false
  while (!succeeded) {
    const ran = await run({ prepare: leave(free) })
    succeeded = ran.status === 0
    if (succeeded) {
      t.same(ran.differences, [], `with ${free} pages the image is as it was`)
    } else {
      const phase = /00-mount-pypi-mirror completed/.test(ran.log) ? 'pre-install.d' : 'extra-data.d'
      failed[phase] += 1
      failsWhole(t, ran, `with ${free} pages free, ${phase} fails`)
      if (phase === 'extra-data.d') {
        t.same(ran.mounted, ['/proc'], 'nothing of ours is mounted')
        t.same(ran.inTmp, [], 'no folder of ours is left')
      }
      t.same(
        ran.inHome.filter(
          (path) => /\.(?:conf|cfg|toml)$/.test(path) && !ran.mounted.some((target) => path.startsWith(target)),
        ),
        [],
        'there is no empty file of ours',
      )
    }
    // Copies of programs and libraries are most of it: not each page of them is tried.
    free = free < 4 ? free + 1 : Math.max(free + 1, free < staged - 3 ? Math.min(free * 8, staged - 3) : 0)
    if (free > staged + 20) break
  }
  t.ok(succeeded, 'with enough, they succeed')
  t.ok(failed['extra-data.d'] >= 5, `extra-data.d failed at ${failed['extra-data.d']} places`)
  t.ok(failed['pre-install.d'] >= 3, `pre-install.d failed at ${failed['pre-install.d']} places`)
  t.same(host.harm(), [], 'the mirror and the host are as they were')
})

t.test("where there is no space for what goes into the image's own file, that stays as it was", async (t) => {
  const scratch = scratchFolder(t)
  const host = watchHost(scratch)
  const own = '[global]\\ntimeout = 5\\n'
  for (const [name, prepare, expected] of [
    ['a file of its own', `mkdir $ROOT/root/.pip; printf '${own}' >$ROOT${conf}`, '[global]\ntimeout = 5\n'],
    ['no file', '', undefined],
  ] as const) {
    const ran = await runPhases(scratch, {
      root: muslRoot,
      environment,
      prepare,
      inChroot: `echo 'retries = 1' >>${conf}`,
      finalise: leave(0),
      keep: [conf],
    })
    failsWhole(t, ran, `an image with ${name}`)
    t.match(errors(ran)[0], /^pypi: error: the image is not clean: ENOSPC: /)
    t.equal(ran.kept(conf), expected)
  }
  t.same(host.harm(), [], 'the mirror and the host are as they were')
})
