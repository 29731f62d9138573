import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { ownLines, scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { listen } from '../support/servers/listen.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const oldRoot = await fixtures.oldRoot()
const smallRoot = await fixtures.smallRoot()

/** Heads of answers that no strict parser takes; the body is chunked where they say so. */
const heads = {
  'twenty kilobytes of headers': `HTTP/1.1 200 OK\r\n${`X-Long: ${'x'.repeat(1000)}\r\n`.repeat(20)}`,
  'lines that end in LF alone': 'HTTP/1.1 200 OK\nContent-Type: text/html\n',
  "a space in a header's name": 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX Odd: 1\r\n',
  'both lengths': 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n',
  'a control character': 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Odd: a\x01b\r\n',
} as const
const names = Object.keys(heads) as (keyof typeof heads)[]

/** Serves an index whose project demo-app has one release of its own; says the URL. */
const serve = async (t: Test, name: keyof typeof heads, version: number): Promise<string> => {
  const end = heads[name].includes('\r\n') ? '\r\n' : '\n'
  const server = createServer((socket) => {
    let asked = ''
    socket.setEncoding('latin1').on('data', (more: string) => {
      asked += more
      if (!asked.includes('\r\n\r\n')) return
      const page = / \/simple\/demo-app\/ /.test(asked)
        ? `<!DOCTYPE html><html><body><a href="demo_app-${version}.0-py2.py3-none-any.whl">demo_app-${version}.0-py2.py3-none-any.whl</a></body></html>`
        : '<!DOCTYPE html><html><body><a href="demo-app/">demo-app</a></body></html>'
      const isChunked = name === 'both lengths'
      const body = isChunked ? `${page.length.toString(16)}\r\n${page}\r\n0\r\n\r\n` : page
      const head = name === 'twenty kilobytes of headers' ? `${heads[name]}Content-Type: text/html\r\n` : heads[name]
      socket.end(`${head}Connection: close${end}${end}${body}`, 'latin1')
    })
  })
  return `http://127.0.0.1:${(await listen(t, server)).port}/simple/`
}

/** What uv takes as well; of the others it says 'invalid HTTP header parsed'. */
const takenByUv: readonly string[] = ['twenty kilobytes of headers', 'lines that end in LF alone', 'both lengths']

const roots = [
  { python: 'python2.7', root: oldRoot, wheels: ['pip-9.0.3', 'pip-20.3.4'] },
  { python: 'python3', root: smallRoot, wheels: ['pip-23.3.2', 'pip-26'] },
]

for (const { python, root, wheels } of roots) {
  t.test(`what ${wheels.join(', ')}${python === 'python3' ? ' and uv' : ''} take is an index here, too`, async (t) => {
    const scratch = scratchFolder(t)
    const urls: string[] = []
    for (const [version, name] of names.entries()) urls.push(await serve(t, name, version + 1))
    const pipRuns = wheels.map(
      (wheel) =>
        `echo "== ${wheel}"; PYTHONPATH=$(echo /srv/pips/${wheel}*.whl) ${python} -m pip install -vvv --no-deps --target /tmp/x demo-app || true`,
    )
    const uvRuns = urls.map(
      (url) =>
        `echo "== uv ${url}"; /srv/installers/uv-new/uv -v --no-config pip install --no-deps --no-cache --python /usr/bin/python3 --default-index ${url} --target /tmp/x demo-app || true`,
    )
    const ran = await runPhases(scratch, {
      root,
      environment: {
        ...Object.fromEntries(urls.map((url, i) => [`DIB_PYPI_MIRROR_URL_${i}`, url])),
        DIB_NO_PYPI_PIP: '1',
        DIB_PIP_RETRIES: '0',
      },
      withInstallers: true,
      inChroot: `${[...pipRuns, ...(python === 'python3' ? uvRuns : [])].join('\n')}\nrm -rf /tmp/x`,
    })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-3000) })
    for (const [i, url] of urls.entries()) {
      const name = names[i] ?? ''
      const file = `demo_app-${i + 1}.0-py2.py3-none-any.whl`
      for (const wheel of wheels) {
        const [, own = ''] = new RegExp(`== ${wheel}\\n([^]*?)(?:\\n== |$)`).exec(ran.log) ?? []
        t.match(own, file, `${wheel} takes ${name}`)
      }
      if (python === 'python3' && takenByUv.includes(name)) {
        const [, own = ''] = ran.log.split(`== uv ${url}\n`)
        t.match(own.split('\n== ')[0], `demo-app==${i + 1}.0`, `uv takes ${name}`)
      }
      // Node.js' lenient parser takes all but one; that mirror is asked by pip all the same.
      const line =
        name === "a space in a header's name"
          ? `warning: ${url} is odd (N ms): it sends what is not HTTP (HPE_INVALID_HEADER_TOKEN); pip still asks it`
          : `${url} answers 200, N ms`
      t.ok(ownLines(ran.log).includes(line), `the probe keeps ${name}`)
    }
  })
}
