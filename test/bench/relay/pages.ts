import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { readPage } from '../../../element-src/lib/index/read-page.js'
import { mediaTypes, renderPage } from '../../../element-src/lib/index/render.js'
import { linksOf } from '../../../element-src/lib/relay/server/route.js'
import type { Ending } from '../../support/builds/build-image.js'
import { median, sum } from '../../support/observation/median.js'
import { listen } from '../../support/servers/listen.js'
import type { Section } from '../table.js'
import { starts } from './engines.js'
import { peakMemory } from './processes.js'

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A page of a project with many files, as the official index writes it. */
const largePage = (files: number): Buffer => {
  const describe = (_: unknown, i: number) => {
    const [filename, own] = [`demo_app-1.${i}.0-py3-none-any.whl`, digest(String(i))]
    return {
      'core-metadata': { sha256: digest(own) },
      'data-dist-info-metadata': { sha256: digest(own) },
      filename,
      hashes: { sha256: own },
      provenance: null,
      'requires-python': '>=3.8',
      size: 100_000 + i,
      'upload-time': '2024-01-02T03:04:05.123456Z',
      url: `https://index.example/packages/${own.slice(0, 2)}/${own.slice(2, 4)}/${own.slice(4)}/${filename}`,
      yanked: false,
    }
  }
  const page = { meta: { 'api-version': '1.4' }, name: 'demo-app', files: Array.from({ length: files }, describe) }
  return Buffer.from(JSON.stringify(page))
}

/** Milliseconds of a processor that several things take, by turns, so that all of them meet the same load. */
const timesOf = (rounds: number, ...work: readonly (() => unknown)[]): readonly number[] => {
  const times = work.map((): number[] => [])
  for (let round = 0; round < rounds; round += 1)
    work.forEach((one, i) => {
      const before = process.cpuUsage()
      for (let times = 0; times < 5; times += 1) one()
      const { user, system } = process.cpuUsage(before)
      times[i]?.push((user + system) / 5000)
    })
  return times.map(median)
}

/** What large pages cost the relay: time, and the memory of many of them. */
export const pagesSection = async (t: Ending, scratch: string, isQuick: boolean): Promise<Section> => {
  const bytes = largePage(4000)
  const text = bytes.toString()
  const address = new URL('https://index.example/simple/demo-app/')
  const through = (): string =>
    renderPage('demo-app', readPage(bytes, mediaTypes.json, address), linksOf('demo-app'), 'json')
  const [parse = 0, relay = 0] = timesOf(isQuick ? 3 : 15, () => JSON.parse(text), through)

  const server = createServer((_request, response) => response.setHeader('Content-Type', mediaTypes.json).end(bytes))
  const { port } = await listen(t, server)
  const folder = join(scratch, 'relay')
  mkdirSync(folder)
  const { pid, index } = await starts['the relay'](t, folder, `http://127.0.0.1:${port}/simple/`)
  const before = peakMemory(pid)
  const count = isQuick ? 10 : 200
  const sizes: number[] = []
  for (let i = 0; i < count; i += 1) {
    const answer = await fetch(`${index}project-${i}/`, { headers: { Accept: mediaTypes.json } })
    sizes.push((await answer.arrayBuffer()).byteLength)
  }
  const memory = peakMemory(pid)
  const says = (measured: number, goal: number): string => `${goal}, ${measured <= goal ? 'met' : 'missed'}`
  return {
    title: 'Large pages through the relay',
    head: ['', 'measured', 'goal'],
    rows: [
      [
        'a page of 4,000 files in JSON, read and written, times JSON.parse of it',
        (relay / parse).toFixed(2),
        says(relay / parse, 3),
      ],
      [`MB of memory at most, ${count} such pages, each of another project`, memory.toFixed(0), says(memory, 100)],
    ],
    note: `The page has ${(bytes.length / 1e6).toFixed(1)} MB. Medians of the processor's time, by turns in one process: ${parse.toFixed(1)} ms and ${relay.toFixed(1)} ms. The relay has ${before.toFixed(0)} MB before. The pages, ${(sum(sizes) / 1e6).toFixed(0)} MB in all, have no Cache-Control.`,
  }
}
