import type { RelayCosts } from '../../bench/relay/results.js'
import type { FolderCost, MirrorCost, Results } from '../../bench/results.js'

const install = (seconds: number): MirrorCost['total'] => ({ seconds })

const mirrors: readonly MirrorCost[] = [
  { first: 'none', variant: 'ours', packages: 1, total: install(0.5), hooks: 0.1 },
  { first: 'none', variant: "dib's", packages: 1, total: install(0.4), hooks: 0.05 },
  { first: 'silent', variant: 'ours', packages: 1, total: install(3.5), hooks: 3.1 },
  { first: 'silent', variant: "dib's", packages: 1, total: { moreThan: 120 }, hooks: 0.05 },
  { first: 'silent', variant: "dib's, no retries", packages: 1, total: install(15.4), hooks: 0.05 },
]

const folders: readonly FolderCost[] = [
  { files: 10, layout: 'flat', variant: 'ours', tool: 'pip', install: install(0.44) },
  { files: 10, layout: 'tree', variant: 'ours', tool: 'pip', install: install(0.4) },
  { files: 10, layout: 'tree', variant: "dib's", tool: 'pip', install: { fault: 'error: | no index' } },
]

/** What the relay could cost where every goal is met. */
export const sampleRelay: RelayCosts = {
  machine: { date: '2026-01-02', kind: '2 cores of a processor', load: 7.25, versions: { proxpi: '1.3.1' } },
  loadAfter: 9,
  sets: [
    {
      name: 'some packages, from near',
      files: 69,
      megabytes: 42.4,
      contestants: [
        {
          between: 'nothing',
          rounds: [
            { cold: 10, second: 10 },
            { cold: 40, second: 40 },
            { cold: 20, second: 20 },
          ],
        },
        {
          between: 'the relay',
          rounds: [
            { cold: 10.5, second: 2, start: 0.06, memory: 80 },
            { cold: 44, second: 10, start: 0.08, memory: 90 },
            { cold: 21, second: 5, start: 0.07, memory: 85 },
          ],
        },
        { between: 'proxpi', rounds: [{ cold: 30, second: 10, start: 0.8, memory: 100 }] },
      ],
    },
  ],
  missing: ['the index of this machine: no network'],
  start: { relay: 0.06, bare: 0.04 },
  large: { gigabytes: 2, memory: 82, seconds: 12.5 },
  took: 300,
}

/** What `make bench` could have measured where every goal is met. */
export const sampleResults: Results = {
  machine: { date: '2026-01-02', kind: '2 cores of a processor', load: 0.1, versions: { pip: '23.0.1' } },
  rounds: 5,
  hooks: { ours: [0.06, 0.04, 0.04], dibs: [0.02, 0.02, 0.01], bare: [0.03, 0.02, 0.03] },
  parts: [{ hook: 'extra-data.d/00-mount', bare: 0.03, launcher: 0.035, bundle: 0.04, whole: 0.06 }],
  mirrors,
  limit: 120,
  folders,
  mounts: [
    { files: 10, layout: 'flat', seconds: 0.1 },
    { files: 10, layout: 'tree', seconds: 0.06 },
    { files: 100, layout: 'flat', seconds: 0.46 },
  ],
  bundles: { 'extra-data.d/00-mount': 1024 },
  makeElements: 0.5,
  relay: sampleRelay,
  took: 600,
}
