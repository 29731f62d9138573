import t from 'tap'
import { type Arrival, parseLock, writeBill } from '../../../element-src/lib/receipt/bill.js'

const arrival = (project: string, name: string, digit: string, more: Partial<Arrival> = {}): Arrival => ({
  project,
  name,
  sha256: digit.repeat(64),
  size: 100,
  mirror: 'http://mirror.example/simple',
  ...more,
})

const app = arrival('demo-app', 'demo_app-1.0-py3-none-any.whl', 'a', {
  uploadTime: '2020-01-02T03:04:05Z',
  requiresPython: '>=3.8',
})
const lib = arrival('demo-lib', 'demo-lib-2.0.0.tar.gz', 'b', { mirror: 'file:///tmp/pypi' })
const older = arrival('demo-lib', 'demo-lib-1.0.tar.gz', 'c')
const helper = arrival('setup-helper', 'setup-helper-3.0.zip', 'd')
const twin = arrival('demo-app', 'demo_app-1.0-py3-none-any.whl', 'e', { mirror: 'http://other.example' })
const all = [app, lib, older, helper, twin]
const inImage = new Set(['demo-app 1', 'demo-lib 2', 'wheel 0.40'])

t.test('a receipt has what is in the image as components, and what else came as formulation', async (t) => {
  const { text, ...told } = writeBill(all, inImage)
  const bom = JSON.parse(text)
  t.same(told, { installed: 3, others: 2, unseen: 1 })
  t.match(bom, { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, serialNumber: undefined })
  t.same(Object.keys(bom.metadata), ['tools'])
  t.same(bom.components[0], {
    type: 'library',
    'bom-ref': `demo_app-1.0-py3-none-any.whl#sha256=${'a'.repeat(64)}`,
    name: 'demo-app',
    version: '1.0',
    purl: 'pkg:pypi/demo-app@1.0?file_name=demo_app-1.0-py3-none-any.whl',
    hashes: [{ alg: 'SHA-256', content: 'a'.repeat(64) }],
    externalReferences: [{ type: 'distribution', url: 'http://mirror.example/simple' }],
    properties: [
      { name: 'dib-pypi:length', value: '100' },
      { name: 'dib-pypi:uploaded', value: '2020-01-02T03:04:05Z' },
      { name: 'dib-pypi:requires-python', value: '>=3.8' },
    ],
  })
  const names = (list: readonly { name: string; version: string }[]) =>
    list.map(({ name, version }) => `${name} ${version}`)
  t.same(names(bom.components), ['demo-app 1.0', 'demo-app 1.0', 'demo-lib 2.0.0'])
  t.same(names(bom.formulation[0].components), ['demo-lib 1.0', 'setup-helper 3.0'])
})

t.test('the same files give the same bytes, in whatever order they came', async (t) => {
  t.equal(writeBill([...all].reverse(), inImage).text, writeBill(all, inImage).text)
})

t.test('a receipt has a time only from SOURCE_DATE_EPOCH', async (t) => {
  t.equal(JSON.parse(writeBill(all, inImage, 86400).text).metadata.timestamp, '1970-01-02T00:00:00.000Z')
  t.notMatch(writeBill(all, inImage).text, /timestamp/)
})

t.test('without anything in formulation there is none', async (t) => {
  t.same(Object.keys(JSON.parse(writeBill([app], inImage).text)).includes('formulation'), false)
})

t.test('a lock has all files of a receipt, and gives the same receipt', async (t) => {
  const { text } = writeBill(all, inImage)
  const locked = parseLock(text, '/r')
  t.same(new Set(locked), new Set(all))
  t.equal(writeBill(locked, inImage).text, text)
  t.same(parseLock(writeBill([], new Set()).text, '/r'), [])
})
