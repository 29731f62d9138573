import { createRequire } from 'node:module'
import { join } from 'node:path'
// Apache ECharts: it writes SVG in Node.js by itself, without a browser, a DOM or a native module, and brings two packages.
import type { EChartsOption } from 'echarts'
import { project } from '../../build/project.js'
import { sum } from '../support/observation/median.js'
import { inCell } from './figures.js'
import type { FirstMirror, FolderCost, HookParts, Layout, Measured, Results, Variant } from './results.js'

// Greys and colours that read on white and on black: the page behind may be either.
const grey = '#7d8590'
const faint = 'rgba(125, 133, 144, 0.3)'
const colours = { blue: '#3b82f6', amber: '#d98a00', green: '#16a34a', purple: '#a855f7' } as const

const width = 900
const text = { color: grey, fontFamily: 'sans-serif', fontSize: 12 } as const
const axis = {
  axisLine: { lineStyle: { color: grey } },
  axisTick: { lineStyle: { color: grey } },
  axisLabel: text,
  nameTextStyle: text,
  splitLine: { lineStyle: { color: faint } },
} as const

/** A part of the plot: where it is, and its options of ECharts by the number of its grid. */
interface Panel {
  readonly title: string
  readonly top: number
  readonly height: number
  readonly left: number
  readonly xAxis: object
  readonly yAxis: object
  readonly series: readonly object[]
}

const hooksPanel = ({ hooks, parts }: Results, top: number): Panel => {
  const series = (name: string, color: string, seconds: readonly number[]): object => ({
    name,
    type: 'bar',
    stack: 'hooks',
    color,
    barWidth: 14,
    data: seconds.map((value) => Math.max(0, Math.round(value * 10_000) / 10)),
  })
  const inPart = (seconds: (hook: HookParts) => number): readonly number[] => parts.map(seconds)
  return {
    title: 'Hooks, milliseconds',
    top,
    height: 110,
    left: 150,
    xAxis: { type: 'value', ...axis },
    yAxis: {
      type: 'category',
      inverse: true,
      data: [...parts.map(({ hook }) => `ours, ${hook.split('/')[0]}`), "dib's, all three"],
      ...axis,
    },
    series: [
      series(
        'bare start of Node.js',
        colours.blue,
        inPart(({ bare }) => bare),
      ),
      series(
        'sh, sudo, loader',
        colours.purple,
        inPart(({ bare, launcher }) => launcher - bare),
      ),
      series(
        'reading JavaScript',
        colours.green,
        inPart(({ launcher, bundle }) => bundle - launcher),
      ),
      series(
        'work',
        colours.amber,
        inPart(({ bundle, whole }) => whole - bundle),
      ),
      series("dib's hooks", grey, [...parts.map(() => 0), sum(hooks.dibs)]),
    ],
  }
}

const shownVariants = { ours: colours.blue, "dib's": grey, "dib's, no retries": colours.amber } as const

const inWords: Readonly<Record<FirstMirror, string>> = {
  none: 'good one alone',
  good: 'good first',
  refused: 'refused first',
  silent: 'silent first',
}

/** Seconds to draw: a lower bound is drawn up to where it was ended. */
const drawn = (measured: Measured | undefined): number | undefined => {
  if (measured === undefined || 'fault' in measured) return undefined
  return 'seconds' in measured ? measured.seconds : measured.moreThan
}

const mirrorsPanel = ({ mirrors }: Results, top: number): Panel => {
  const keys = [...new Map(mirrors.map((one) => [`${one.first} ${one.packages}`, one])).values()]
  return {
    title: 'pip past a mirror that is down: seconds of hooks and install, by packages',
    top,
    height: keys.length * 38,
    left: 150,
    xAxis: { type: 'log', min: 0.1, startValue: 0.1, ...axis },
    yAxis: {
      type: 'category',
      inverse: true,
      data: keys.map(({ first, packages }) => `${inWords[first]}, ${packages}`),
      ...axis,
    },
    series: Object.entries(shownVariants).map(([variant, color]) => ({
      name: variant === "dib's, no retries" ? "dib's, DIB_PIP_RETRIES=0" : variant,
      type: 'bar',
      color,
      barWidth: 9,
      data: keys.map(({ first, packages }) => {
        const one = mirrors.find(
          (cost) => cost.first === first && cost.packages === packages && cost.variant === variant,
        )
        return {
          value: drawn(one?.total) ?? null,
          label: { show: true, position: 'right', ...text, fontSize: 9, formatter: inCell(one?.total) },
        }
      }),
    })),
  }
}

const lineTypes = { flat: 'solid', tree: 'dashed' } as const

const foldersPanel = ({ folders }: Results, top: number): Panel => {
  const tools = [...new Set(folders.map(({ tool }) => tool))]
  const palette = [colours.blue, colours.amber, colours.green]
  const line = (tool: string, layout: Layout, variant: Variant): object => {
    const points = folders.filter(
      (one: FolderCost) => one.tool === tool && one.layout === layout && one.variant === variant,
    )
    return {
      name: `${tool}, ${variant === 'ours' ? layout : "dib's"}`,
      type: 'line',
      color: palette[tools.indexOf(tool)] ?? grey,
      lineStyle: { type: variant === 'ours' ? lineTypes[layout] : 'dotted', width: 2 },
      symbol: variant === 'ours' ? 'circle' : 'triangle',
      symbolSize: 7,
      data: points.flatMap(({ files, install }) => {
        const seconds = drawn(install)
        return seconds === undefined ? [] : [[files, seconds]]
      }),
    }
  }
  return {
    title: 'Installs from a local mirror: seconds, by the files that it holds. Flat: a line; PEP 503 tree: dashes',
    top,
    height: 220,
    left: 60,
    xAxis: { type: 'log', ...axis },
    yAxis: { type: 'value', min: 0, ...axis },
    series: tools.flatMap((tool) => [
      line(tool, 'flat', 'ours'),
      line(tool, 'tree', 'ours'),
      line(tool, 'tree', "dib's"),
    ]),
  }
}

/** Between two panels: room for the first one's axis, its legend, and the next one's title. */
const between = 100

const namesOf = (panel: Panel): readonly string[] =>
  panel.series.flatMap((series) =>
    'name' in series &&
    typeof series.name === 'string' &&
    'data' in series &&
    Array.isArray(series.data) &&
    series.data.length > 0
      ? [series.name]
      : [],
  )

/**
 * What was measured, as a plot in SVG, which reads on a light page and on a dark one.
 *
 * @param results What was measured.
 */
export const plotOf = (results: Results): string => {
  const first = hooksPanel(results, 60)
  const second = mirrorsPanel(results, first.top + first.height + between)
  const third = foldersPanel(results, second.top + second.height + between)
  const panels = [first, second, third]
  const height = third.top + third.height + 110
  const option: EChartsOption = {
    animation: false,
    textStyle: text,
    title: panels.map(({ title, top }) => ({
      text: title,
      left: 10,
      top: top - 38,
      textStyle: { ...text, fontSize: 14, fontWeight: 'bold' },
    })),
    legend: panels.map((panel) => ({
      data: [...namesOf(panel)],
      left: 10,
      top: panel.top + panel.height + 26,
      width: width - 130,
      itemHeight: 9,
      // Fonts differ, and some are wider than ECharts thinks.
      itemGap: 26,
      textStyle: text,
    })),
    grid: panels.map(({ top, height: panelHeight, left }) => ({ top, height: panelHeight, left, right: 60 })),
    xAxis: panels.map(({ xAxis }, gridIndex) => ({ gridIndex, ...xAxis })),
    yAxis: panels.map(({ yAxis }, gridIndex) => ({ gridIndex, ...yAxis })),
    series: panels.flatMap(({ series }, index) =>
      series.map((one) => ({ ...one, xAxisIndex: index, yAxisIndex: index, silent: true })),
    ) as EChartsOption['series'],
  }
  // Loaded where it is called: the package is test/bench's own, and only it has it installed.
  const { init } = createRequire(join(project, 'test', 'bench', 'package.json'))('echarts') as typeof import('echarts')
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption(option)
    return `${chart.renderToSVGString()}\n`
  } finally {
    chart.dispose()
  }
}
