import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { project } from '../../build/project.js'
import type { SamplePackage } from '../support/servers/mirror.js'

const read = (name: string): string => readFileSync(join(project, 'test', 'demo', name), 'utf8')

/** A package and its dependency that need no package index: they are kept in this project. */
export const samplePackages: readonly SamplePackage[] = [
  { name: 'hello-mirror', version: '1.0', text: read('hello_mirror.py'), requirements: ['hello-mirror-greeting>=1'] },
  { name: 'hello-mirror-greeting', version: '1.2', text: read('hello_mirror_greeting.py') },
]
