import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { RelayConfig } from '../../../element-src/lib/relay/control.js'
import { spawnRelay } from '../../../element-src/lib/relay/control.js'

const config: RelayConfig = {
  indexes: [],
  environment: { http_proxy: 'http://user:s3cret@proxy.example' },
  unreachable: 'drop',
  trustedHosts: [],
  fill: undefined,
  imageRoot: '/mnt',
  build: { pid: 1, startTime: '1' },
  logFile: '/dev/null',
}

/** The first line of a program that sh starts with the Node.js to use, as it does the relay. */
const bySh = '":" //; exec "$1" "$0"\n'

t.test('the relay is told its configuration where no other process can read it', async (t) => {
  const folder = t.testdir({
    // As where dib copies the relay, and not as in this project.
    'package.json': '{}',
    relay: `${bySh}const fs = require('fs')
fs.writeFileSync(${JSON.stringify('REPORT')}, JSON.stringify({
  told: JSON.parse(fs.readFileSync(0, 'utf8')), args: process.argv.slice(2), env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^_TAPJS|^NODE_|^(?:PWD|OLDPWD|SHLVL|_)$/.test(name))), cwd: process.cwd(),
  isLeader: fs.readFileSync('/proc/self/stat', 'utf8').replace(/^.*\\) /, '').split(' ')[3] === String(process.pid) }))
const server = require('http').createServer((request, response) => response.end('{}')).listen(0, '127.0.0.1', () => {
  process.stdout.write(JSON.stringify({ control: 'http://127.0.0.1:' + server.address().port + '/', indexes: [] }))
  fs.closeSync(1)
})
setTimeout(() => process.exit(), 500)`.replace('"REPORT"', JSON.stringify(join(t.testdirName, 'report'))),
  })
  t.match(await spawnRelay(join(folder, 'relay'), config, { PATH: '/bin' }), { control: /^http:/, indexes: [] })
  const report = JSON.parse(readFileSync(join(folder, 'report'), 'utf8'))
  t.same(report.told, JSON.parse(JSON.stringify(config)))
  t.same({ args: report.args, env: report.env, cwd: report.cwd }, { args: [], env: { PATH: '/bin' }, cwd: '/' })
  t.ok(report.isLeader, 'it is in a session of its own, so that no signal of the terminal reaches it')
})

t.test('one that does not start is told in one line', async (t) => {
  const folder = t.testdir({
    'package.json': '{}',
    silent: '',
    refusing: `${bySh}console.log('{"error":"no port is free"}')`,
    odd: `${bySh}console.log("x")`,
    // As where lo is down.
    unreached: `${bySh}process.on('SIGTERM', () => process.exit())
console.log('{"control":"http://127.0.0.1:1/","indexes":[]}')
require('fs').writeFileSync('PIDFILE', String(process.pid))
require('fs').closeSync(1)
setTimeout(() => undefined, 60_000)`.replace('PIDFILE', join(t.testdirName, 'pid')),
  })
  for (const [name, why] of [
    ['silent', 'it ended before it said where it listens'],
    ['refusing', 'no port is free'],
    ['odd', 'it ended before it said where it listens'],
    [
      'unreached',
      /^the relay does not start: nothing reaches it at 127\.0\.0\.1 \(.*\): is the interface lo up\?; DIB/,
    ],
  ] as const) {
    await t.rejects(spawnRelay(join(folder, name), config, {}), {
      message:
        typeof why === 'string' ? `the relay does not start: ${why}; DIB_PYPI_RELAY=never builds without it` : why,
    })
  }
  // The one that runs is ended: it would hold a port, and passwords, for as long as the build lasts.
  const pid = readFileSync(join(folder, 'pid'), 'utf8')
  while (existsSync(`/proc/${pid}`)) await pause(5)
})
