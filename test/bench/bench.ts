import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { project } from '../../build/project.js'
import { scratchFolder } from '../support/builds/build-image.js'
import { whyNoBuilds } from '../support/builds/root.js'
import { cache } from '../support/setup/fixtures.js'
import { plot, plotTitle } from './bars.js'
import { foldersSection } from './folders.js'
import { hooksSection } from './hooks.js'
import { describeMachine, versions } from './machine.js'
import { mirrorsSection } from './mirrors.js'
import { pagesSection } from './relay/pages.js'
import { measureRelay } from './relay/relay.js'
import { markdown } from './table.js'

/** The sections of docs/bench.md that a run of the relay alone does not measure anew, and which version they are of. */
const keptOf = (page: string, measured: readonly string[]): readonly string[] => {
  const [head = '', ...sections] = page.split(/^(?=## )/m)
  const [version, date] = [/version ([\d.]*\d)/, /\d{4}-\d\d-\d\d/].map((form) => form.exec(head)?.at(-1))
  const line =
    /^From here on.*$/m.exec(page)?.[0] ?? `From here on, figures of version ${version}, measured on ${date}.`
  return [
    line,
    ...sections.filter((one) => !measured.some((title) => one.startsWith(`## ${title}\n`))).map((one) => one.trim()),
  ]
}

// node build/run.mjs test/bench/bench.ts [quick | relay]: what `make bench` does.
const undo: (() => unknown)[] = []
const t = { teardown: (action: () => unknown) => undo.push(action) }
try {
  if (whyNoBuilds !== undefined) throw new Error(whyNoBuilds.replace('test', 'bench'))
  const [isQuick, isRelay] = [process.argv.includes('quick'), process.argv.includes('relay')]
  const rounds = isQuick ? 1 : 3
  const begin = performance.now()
  const say = (line: string): void =>
    console.log(`${((performance.now() - begin) / 1000).toFixed(0).padStart(5)} s  ${line}`)
  const scratch = scratchFolder(t)
  const part = (name: string): string => {
    say(name)
    const folder = join(scratch, name.replaceAll(' ', '-'))
    mkdirSync(folder)
    return folder
  }
  const { date, kind, load, versions: programs } = describeMachine(await versions())
  const pages = await pagesSection(t, part('large pages'), isQuick)
  const relay = await measureRelay(t, part('the relay, beside other engines'), rounds, isQuick, say)
  const measured = [relay, pages]
  if (!isRelay)
    measured.push(
      await hooksSection(part('hooks in builds'), rounds),
      await mirrorsSection(t, part('mirrors that are down'), rounds, isQuick ? [1] : [1, 5], isQuick ? 6 : 30),
      await foldersSection(part('large folders'), rounds, isQuick ? [10] : [10, 10_000], isQuick ? 100 : 100_000),
    )
  const titles = measured.map(({ title }) => title)
  const docs = join(project, 'docs')
  const kept = isRelay ? keptOf(readFileSync(join(docs, 'bench.md'), 'utf8'), titles) : []
  const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
  const page = `# What it costs

Version ${version}, measured by \`make bench${isRelay ? ' RELAY=1' : ''}\` on ${date}, in one run of ${((performance.now() - begin) / 60_000).toFixed(0)} minutes. The machine: ${kind}. Its load was ${load.toFixed(1)} before and ${loadavg()[0]?.toFixed(1)} after: with more than one program at work for each core the seconds say little. Medians of ${rounds}. On your machine the ratios are what counts.

${Object.entries(programs)
  .map((pair) => pair.join(' '))
  .join(', ')}

![${plotTitle}](bench.svg)

${[...measured.map(markdown), ...kept].join('\n\n')}
`
  // The numbers of a quick run say little, so they do not go into docs/.
  const folder = isQuick ? join(cache, 'bench') : docs
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'bench.md'), page)
  plot(folder)
  console.log(`\n${page}\n${join(folder, 'bench.md')}, with its plot, bench.svg`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  for (const action of undo.reverse()) await action()
}
