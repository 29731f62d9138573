import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { parseExcludeNewer } from '../../element-src/lib/settings/mirrors-file/section-schema.js'
import { many } from '../support/arbitrary/any.js'
import { cleanEnvironment } from '../support/builds/clean-environment.js'
import * as fixtures from '../support/setup/fixtures.js'

const installers = await fixtures.installers()

const now = new Date('2026-11-24T12:00:00.000Z')

const meanings: Readonly<Record<string, string | undefined>> = {
  '7 days': '2026-11-17T12:00:00.000Z',
  '2 weeks': '2026-11-10T12:00:00.000Z',
  '24 hours': '2026-11-23T12:00:00.000Z',
  '1 week, 1d 12h 30 min': '2026-11-15T23:30:00.000Z',
  P7D: '2026-11-17T12:00:00.000Z',
  P1WT90M: '2026-11-17T10:30:00.000Z',
  '2026-03-31T12:00:00+02:00': '2026-03-31T10:00:00.000Z',
  '2026-03-31 12:00:00.5z': '2026-03-31T12:00:00.500Z',
  // To the end of that day on this host.
  '2026-03-31': new Date(2026, 3, 1).toISOString(),
  '2024-02-29': new Date(2024, 2, 1).toISOString(),
  '2026-02-29': undefined,
  '2026-13-01T00:00:00Z': undefined,
  '2026-03-31T24:00:00Z': undefined,
  '2026-03-31T12:00:00': undefined,
  '1 month': undefined,
  P1Y: undefined,
  P: undefined,
  PT: undefined,
  '': undefined,
  '7': undefined,
  days: undefined,
  '-7 days': undefined,
  '999999999 weeks': undefined,
}

t.test("exclude-newer takes uv's durations and instants, and dates to their end", async (t) => {
  for (const [text, meaning] of Object.entries(meanings)) t.equal(parseExcludeNewer(text, now), meaning, text)
})

t.test('uv itself takes each value that exclude-newer takes', async (t) => {
  const number = fc.integer({ min: 0, max: 400 }).map(String)
  const unit = fc.constantFrom(
    'weeks',
    'wk',
    'w',
    ' days',
    ' d',
    'hours',
    'hrs',
    'h',
    ' mins',
    'm',
    ' s',
    ' months',
    'D',
  )
  const durations = fc.array(
    fc.tuple(number, unit).map((both) => both.join('')),
    { minLength: 1, maxLength: 3 },
  )
  const texts = [
    ...Object.keys(meanings),
    ...many(
      t,
      fc.tuple(durations, fc.constantFrom(' ', ', ', '')).map(([all, between]) => all.join(between)),
      16,
    ),
  ].filter((text) => parseExcludeNewer(text, now) !== undefined)
  t.ok(texts.length > 10, `${texts.length} are taken`)
  const uv = join(installers, 'uv-new', 'uv')
  for (const text of texts) {
    const ran = spawnSync(uv, ['pip', 'compile', '--offline', '--no-index', `--exclude-newer=${text}`, '-'], {
      input: '',
      encoding: 'utf8',
      env: cleanEnvironment(),
    })
    if (ran.status !== 0) t.fail(text, { said: ran.stderr })
  }
})
