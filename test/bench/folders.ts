import { join } from 'node:path'
import { elementOfDib, elementOfOurs, hooksOfOurs } from '../support/builds/dib.js'
import { releases, wheelInImage } from '../support/builds/installers.js'
import { runPhases } from '../support/builds/run-phases.js'
import { hookSeconds } from '../support/observation/hook-seconds.js'
import { median } from '../support/observation/median.js'
import { inSeconds, type Section } from './table.js'
import { readRuns, secondsOf, timer } from './timer.js'
import { installed, makeWheelFolder } from './wheel-folders.js'

const limit = 60
const newest = Math.max(...(await releases(/^pip-/)).map((release) => Number.parseInt(release, 10)))

const installers: Readonly<Record<string, string>> = {
  'pip 23.3': `python3 ${wheelInImage('23.3')}/pip install`,
  'the newest pip': `python3 ${wheelInImage(`${newest}.`)}/pip install`,
  uv: `/srv/installers/uv-new/uv pip install --no-cache --offline --python /usr/bin/python3`,
}

const installs = Object.entries(installers).map(
  ([name, command]) =>
    `measure ${name.replaceAll(' ', '-')} ${limit} ${command} --target /opt/${name.replaceAll(' ', '-')} ${installed.join(' ')} || :`,
)

/** What installs from folders of many wheels cost, flat and as a PEP 503 tree, and what extra-data.d does. */
export const foldersSection = async (
  scratch: string,
  rounds: number,
  sizes: readonly number[],
  largest: number,
): Promise<Section> => {
  const rows: string[][] = []
  for (const files of [...sizes, largest]) {
    const isLargest = files === largest
    const flat = makeWheelFolder(join(scratch, `flat-${files}`), 'flat', files)
    const tree = isLargest ? '' : makeWheelFolder(join(scratch, `tree-${files}`), 'tree', files)
    const run = async (element: string, imageCache: string): Promise<string> => {
      const { status, log } = await runPhases(scratch, {
        element,
        compare: false,
        environment: { DIB_NO_PYPI_PIP: '1', DIB_IMAGE_CACHE: imageCache },
        withInstallers: true,
        ...(isLargest ? {} : { inChroot: [timer, ...installs, ''].join('\n') }),
      })
      if (status !== 0) throw new Error(`${files} files: a phase failed:\n${log.slice(-2000)}`)
      return log
    }
    const [ours, ourTree, dibs]: [string[], string[], string[]] = [[], [], []]
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await run(elementOfOurs, flat))
      if (isLargest) continue
      ourTree.push(await run(elementOfOurs, tree))
      // dib's own takes no flat folder.
      dibs.push(await run(elementOfDib(), tree))
    }
    const cell = (logs: readonly string[], name: string): string =>
      secondsOf(
        logs.flatMap((log) => readRuns(log).get(name.replaceAll(' ', '-')) ?? []),
        limit,
      )
    const mount = inSeconds(median(ours.map((log) => hookSeconds(log, hooksOfOurs[0] ?? ''))))
    if (isLargest) rows.push([String(files), 'nothing', '', '', '', mount])
    else
      for (const name of Object.keys(installers))
        rows.push([String(files), name, cell(ours, name), cell(ourTree, name), cell(dibs, name), mount])
  }
  return {
    title: 'Installs of three packages from a local mirror of many files, seconds',
    head: ['files', 'with', 'ours, flat', 'ours, tree', "dib's, tree", 'extra-data.d, flat'],
    rows,
    note: "The install alone, and what extra-data.d takes, which makes the index of a flat folder. dib's own element takes no flat folder, and configures no uv. The goals: flat at most 1.2 times a tree; 10,000 files in half a second.",
  }
}
