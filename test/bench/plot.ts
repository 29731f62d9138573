import { join } from 'node:path'
import { project } from '../../build/project.js'
import { plot } from './bars.js'

// node build/run.mjs test/bench/plot.ts: draws docs/bench.svg anew from the figures in docs/bench.md, as `make bench` does.
plot(join(project, 'docs'))
