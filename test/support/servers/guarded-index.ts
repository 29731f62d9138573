import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { makeCertificate, makeClientCertificate } from './certificate.js'
import { makeMirror, type SamplePackage } from './mirror.js'
import { startNginx } from './nginx.js'
import { recipe } from './recipes.js'
import { freePort } from './start-server.js'

/** An index that a company guards in each way that there is. */
export interface GuardedIndex {
  readonly url: string
  /** The section [corp] of a mirrors file that opens it, but for the password. */
  readonly lines: readonly string[]
  /** Ends the server. */
  readonly stop: () => Promise<void>
}

/** Serves an index by nginx, over https with a CA of its own, to clients with a certificate and a password. */
export const serveGuarded = async (
  t: Test,
  folder: string,
  packages: readonly SamplePackage[],
  credentials: string,
): Promise<GuardedIndex> => {
  mkdirSync(folder)
  makeMirror(join(folder, 'web', 'simple'), packages)
  const tls = makeCertificate(join(folder, 'tls'))
  const client = makeClientCertificate(join(folder, 'tls'))
  const [user = '', ...password] = credentials.split(':')
  const hash = execFileSync('openssl', ['passwd', '-apr1', '-stdin'], { input: password.join(':'), encoding: 'utf8' })
  writeFileSync(join(folder, 'users'), `${user}:${hash}`)
  const port = await freePort()
  const server = await startNginx(
    t,
    join(folder, 'nginx'),
    port,
    `access_log off;
server {
  listen 127.0.0.1:${port} ssl;
  ssl_certificate ${tls.certificate};
  ssl_certificate_key ${tls.key};
  ssl_client_certificate ${tls.authority};
  ssl_verify_client on;
  auth_basic corp;
  auth_basic_user_file ${join(folder, 'users')};
  root ${join(folder, 'web')};
  index index.html;
  types { text/html html; }
}`,
  )
  const url = `https://127.0.0.1:${port}/simple`
  return {
    url,
    lines: [
      recipe('A corporate CA', { 'https://pypi.corp.example/simple': url, '/etc/ssl/corp.pem': tls.authority }).trim(),
      `username = ${user}`,
      `client-cert = ${client.certificate}`,
      `client-key = ${client.key}`,
    ],
    stop: server.stop,
  }
}
