import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { nginxProgram } from './cache.js'
import { recipe } from './recipes.js'
import { freePort, startServer } from './start-server.js'

/** A certificate with its key, and that of the authority that signed it; paths of PEM files. */
export interface Certificate {
  readonly authority: string
  readonly certificate: string
  readonly key: string
}

/**
 * Makes an authority of one's own and a certificate of it for 127.0.0.1.
 *
 * @param folder A folder to make, for the files.
 */
export const makeCertificate = (folder: string): Certificate => {
  mkdirSync(folder)
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  }
  const key = ['-newkey', 'rsa:2048', '-nodes']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', '/CN=test authority')
  openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=127.0.0.1')
  writeFileSync(join(folder, 'extensions'), 'subjectAltName = IP:127.0.0.1\n')
  const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'extensions']
  openssl('x509', '-req', '-in', 'server.csr', ...signing, '-out', 'server.crt')
  return {
    authority: join(folder, 'ca.crt'),
    certificate: join(folder, 'server.crt'),
    key: join(folder, 'server.key'),
  }
}

/**
 * Serves a folder by nginx on 127.0.0.1 until the test ends, as docs/mirrors.md has it.
 *
 * @param t The test.
 * @param scratch A folder to make, for nginx's own files.
 * @param root The folder to serve.
 * @param tls The certificate, where it is to be https.
 * @returns Its port.
 */
export const serveByNginx = async (t: Test, scratch: string, root: string, tls?: Certificate): Promise<number> => {
  mkdirSync(scratch)
  const port = await freePort()
  const configuration = join(scratch, 'nginx.conf')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `  ${name}_temp_path ${name};\n`)
  const server = recipe('nginx', { 'listen 127.0.0.1:8082;': '@listen@', '/srv/pypi/web': root })
  const listen = tls
    ? recipe('https with a certificate of your own', {
        '8443': String(port),
        '/srv/tls/server.crt': tls.certificate,
        '/srv/tls/server.key': tls.key,
      })
    : `listen 127.0.0.1:${port};`
  // Its workers are root's as well, since the scratch folder is.
  writeFileSync(
    configuration,
    `daemon off;
user root;
worker_processes 1;
pid nginx.pid;
events {}
http {
  access_log off;
${temporary.join('')}${server.replace('@listen@', listen)}
}
`,
  )
  const args = ['-p', scratch, '-c', configuration, '-e', 'stderr']
  await startServer(t, port, join(scratch, 'log'), nginxProgram, args)
  return port
}
