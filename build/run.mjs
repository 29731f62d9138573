// Runs a TypeScript program of this project: `node build/run.mjs FILE.ts [ARGUMENT...]`. esbuild is here anyway, and
// not every Node.js that the project is worked on with takes TypeScript by itself.
import { rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const project = fileURLToPath(new URL('..', import.meta.url))
const [, , program, ...args] = process.argv
// In the project itself, where the program finds it and its packages; a process's own, since several may run at a time.
const outfile = join(project, '.run', `${basename(program, '.ts')}-${process.pid}.mjs`)
process.on('exit', () => rmSync(outfile, { force: true }))
await build({
  entryPoints: [program],
  outfile,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node18',
  logLevel: 'warning',
})
process.argv = [process.argv[0], program, ...args]
await import(pathToFileURL(outfile).href)
