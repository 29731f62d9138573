import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { cleanEnvironment } from '../support/builds/clean-environment.js'
import { needsRoot } from '../support/builds/root.js'
import { runProgram } from '../support/builds/run.js'
import { until } from '../support/relay/ahead.js'
import { at, openTestRelay } from '../support/relay/test-relay.js'
import { serveIndex, sha256, type UpstreamFile } from '../support/relay/upstream.js'
import { makeWheels, normaliseName } from '../support/servers/mirror.js'
import * as fixtures from '../support/setup/fixtures.js'

// The fixtures are made for root alone.
needsRoot(t)
const installers = await fixtures.installers()
const pips = await fixtures.pips()
const newest = readdirSync(pips)
  .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  .at(-1)
const uv = join(installers, 'uv-new', 'uv')

/** What installs demo-app from $index into $at. */
const commands: readonly (readonly [name: string, command: string])[] = [
  [
    'pip',
    `PYTHONPATH=${join(pips, newest ?? '')} /usr/bin/python3 -m pip install --index-url $index --no-cache-dir --target $at/got demo-app`,
  ],
  [
    'uv',
    `${uv} pip install --no-cache --no-config --python /usr/bin/python3 --target $at/got --index-url $index demo-app`,
  ],
]

/** Serves wheels with their metadata beside them, which is sent when `onAsked` says so of the path. */
const serve = (t: Test, folder: string, onAsked: (path: string) => Promise<void> | undefined = () => undefined) => {
  const projects: Record<string, UpstreamFile[]> = {}
  const metadata = new Map<string, string>()
  for (const name of readdirSync(folder)) {
    const text = execFileSync('unzip', ['-p', join(folder, name), '*.dist-info/METADATA'], { encoding: 'utf8' })
    metadata.set(`/f/${name}.metadata`, text)
    const project = normaliseName(name.split('-')[0] ?? '')
    const file = {
      name,
      content: readFileSync(join(folder, name)),
      more: { 'core-metadata': { sha256: sha256(text) } },
    }
    projects[project] = [...(projects[project] ?? []), file]
  }
  return serveIndex(t, projects, ({ url = '' }, response) => {
    const text = metadata.get(url)
    const ready = onAsked(url)
    if (text === undefined) return undefined
    Promise.resolve(ready).then(() => response.end(text))
    return true
  })
}

t.test('what the relay fetches ahead is what pip and uv then ask for, and each of it once', async (t) => {
  const scratch = scratchFolder(t)
  const wheels = join(scratch, 'wheels')
  const name = 'demo-app'
  makeWheels(wheels, [
    {
      name,
      version: '1.0',
      text: '',
      requirements: ['demo-lib>=1', 'demo-two', "no-windows; sys_platform == 'win32'"],
    },
    { name: 'demo-lib', version: '1.0', text: '' },
    { name: 'demo-lib', version: '2.0', text: '', requirements: ['demo-last', "no-extra; extra == 'more'"] },
    { name: 'demo-two', version: '1.0', text: '' },
    { name: 'demo-last', version: '1.0', text: '' },
    { name: 'no-windows', version: '1.0', text: '' },
    { name: 'no-extra', version: '1.0', text: '' },
  ])
  for (const [name, command] of commands) {
    const install = async (index: string, at: string) => {
      mkdirSync(at)
      const env = cleanEnvironment({ PIP_CONFIG_FILE: '/dev/null', PIP_DISABLE_PIP_VERSION_CHECK: '1', index, at })
      const { status, log } = await runProgram('bash', ['-c', command], { env })
      t.equal(status, 0, `${name}: ${log.slice(-1000)}`)
    }
    const direct = await serve(t, wheels)
    await install(direct.url, join(scratch, `${name}-direct`))
    // Both ask for wheels once all metadata is there, but that of the last project comes when the first one's wheel is asked for.
    let go = (): void => undefined
    const isAhead = new Promise<void>((resolve) => {
      go = resolve
    })
    const upstream = await serve(t, wheels, (path) => {
      if (/demo_app[^/]*whl$/.test(path)) go()
      return /demo_last.*metadata$/.test(path) ? isAhead : undefined
    })
    const fill = join(scratch, `${name}-fill`)
    mkdirSync(fill)
    const relay = await openTestRelay(t, [at(upstream.url)], { fill, tempo: 20 })
    await install(relay.index(), join(scratch, `${name}-relay`))
    t.same([...upstream.asked].sort(), [...new Set(direct.asked)].sort(), name)
  }
})

t.test('uv lock takes no wheel, and none is kept of those that were fetched ahead', async (t) => {
  const scratch = scratchFolder(t)
  const wheels = join(scratch, 'wheels')
  makeWheels(wheels, [
    { name: 'demo-app', version: '1.0', text: '', requirements: ['demo-lib>=1'] },
    { name: 'demo-lib', version: '2.0', text: '' },
  ])
  const [project, fill] = [join(scratch, 'project'), join(scratch, 'fill')]
  for (const folder of [project, fill]) mkdirSync(folder)
  writeFileSync(
    join(project, 'pyproject.toml'),
    '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["demo-app"]\n',
  )
  const upstream = await serve(t, wheels)
  const relay = await openTestRelay(t, [at(upstream.url)], { fill, tempo: 20 })
  const args = ['lock', '--no-cache', '--no-config', '--python', '/usr/bin/python3', '--index-url', relay.index()]
  const { status, log } = await runProgram(uv, args, { cwd: project, env: cleanEnvironment({}) })
  t.equal(status, 0, log.slice(-1000))
  t.match(readFileSync(join(project, 'uv.lock'), 'utf8'), 'demo-lib')
  await until(() => upstream.asked.some((line) => /demo_lib.*whl$/.test(line)))
  await relay.end()
  t.same(readdirSync(fill), [])
  t.equal(relay.log(), '')
})
