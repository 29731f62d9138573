import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Ending } from '../builds/build-image.js'
import { nginxProgram } from '../setup/fixtures.js'
import type { Certificate } from './certificate.js'
import { recipe } from './recipes.js'
import { freePort, type StartedServer, startServer } from './start-server.js'

/**
 * Starts nginx on 127.0.0.1 until the test ends.
 *
 * @param scratch A folder to make, for nginx's own files; its working folder.
 * @param port The port that the blocks have it listen on.
 * @param blocks What goes into http { }, with what is to become of accesses.
 */
export const startNginx = async (t: Ending, scratch: string, port: number, blocks: string): Promise<StartedServer> => {
  mkdirSync(scratch)
  const configuration = join(scratch, 'nginx.conf')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `  ${name}_temp_path ${name};\n`)
  // Its workers are root's as well, since the scratch folder is.
  writeFileSync(
    configuration,
    `daemon off;
user root;
worker_processes 1;
pid nginx.pid;
events {}
http {
${temporary.join('')}${blocks}
}
`,
  )
  return startServer(t, port, join(scratch, 'log'), await nginxProgram(), [
    '-p',
    scratch,
    '-c',
    configuration,
    '-e',
    'stderr',
  ])
}

/**
 * Serves a folder by nginx on 127.0.0.1 until the test ends, as docs/mirrors.md has it.
 *
 * @param scratch A folder to make, for nginx's own files.
 * @param tls The certificate, where it is to be https.
 */
export const serveByNginx = async (t: Test, scratch: string, root: string, tls?: Certificate): Promise<number> => {
  const port = await freePort()
  const server = recipe('nginx', { 'listen 127.0.0.1:8082;': '@listen@', '/srv/pypi/web': root })
  const listen = tls
    ? recipe('https with a certificate of your own', {
        '8443': String(port),
        '/srv/tls/server.crt': tls.certificate,
        '/srv/tls/server.key': tls.key,
      })
    : `listen 127.0.0.1:${port};`
  await startNginx(t, scratch, port, `access_log off;\n${server.replace('@listen@', listen)}`)
  return port
}
