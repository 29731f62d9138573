import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { withPipFiles } from '../../../element-src/lib/probe/reachable.js'

t.test(
  "what pip's files say of proxy, cert and client-cert counts as its variables do, which win over it",
  async (t) => {
    const HOME = t.testdir({})
    const environment = { HOME, XDG_CONFIG_DIRS: join(HOME, 'site'), PIP_CERT: '', PATH: '/bin' }
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(HOME, path)), { recursive: true })
      writeFileSync(join(HOME, path), text)
    }
    const files = (more: Readonly<Record<string, string>> = {}) => {
      const { PIP_PROXY, PIP_CERT, PIP_CLIENT_CERT, ...others } = withPipFiles({ ...environment, ...more })
      t.match(others, { HOME, PATH: '/bin' })
      return [PIP_PROXY, PIP_CERT, PIP_CLIENT_CERT]
    }
    write('site/pip/pip.conf', '[install]\nproxy = site.example:8\ncert = /site.pem\n')
    write('.pip/pip.conf', '[global]\nproxy = home.example\n--client_cert = /home.pem\ncert = /home.pem\n')
    t.same(files(), ['site.example:8', '/site.pem', '/home.pem'], '[install] wins, whatever the file')
    write('.config/pip/pip.conf', '[install]\nproxy = last.example\n[global]\nclient-cert = /last.pem\n')
    t.same(files(), ['last.example', '/site.pem', '/last.pem'], 'of two the last file')
    t.same(files({ PIP_PROXY: 'own.example', PIP_CLIENT_CERT: '/own.pem' }), ['own.example', '/site.pem', '/own.pem'])
  },
)
