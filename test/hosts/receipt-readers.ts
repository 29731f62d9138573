import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Arrival, writeBill } from '../../element-src/lib/receipt/bill.js'
import { needsRoot } from '../support/builds/root.js'
import { documented } from '../support/servers/recipes.js'
import { sbomPrograms } from '../support/setup/fixtures.js'

// The fixtures are made for root alone.
needsRoot(t)

const arrival = (project: string, name: string, digit: string, more: Partial<Arrival> = {}): Arrival => ({
  project,
  name,
  sha256: digit.repeat(64),
  size: 1234,
  mirror: 'https://mirror.example:8443/root/pypi/+simple',
  ...more,
})

const lib = arrival('demo-lib', 'demo-lib-2.0.tar.gz', 'b', { mirror: 'file:///tmp/pypi' })
const arrivals = [
  arrival('demo-app', 'demo_app-1!1.0+ubuntu.1-1-py3-none-any.whl', 'a', {
    uploadTime: '2020-01-02T03:04:05.678901Z',
    requiresPython: '>=3.8,!=3.9.*; "odd" & <more>',
  }),
  lib,
  arrival('demo-lib', 'demo-lib-2.0.tar.gz', 'c'),
  arrival('flit-core', "flit_core-3.9'(é)~.tar.gz", 'd'),
]
const installed = new Set(['demo-app 1!1+ubuntu.1', 'demo-lib 2', 'wheel 0.40'])

/** Checks receipts by CycloneDX' JSON schema, and has them read by its library and the purls by theirs. */
const check = `import json, sys
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
for path in sys.argv[1:]:
    text = open(path, encoding='utf8').read()
    print(path, 'error:', JsonStrictValidator(SchemaVersion.V1_6).validate_str(text))
    document = json.loads(text)
    read = Bom.from_json(json.loads(text))
    print(path, 'components:', len(read.components))
    for component in document['components'] + document.get('formulation', [{'components': []}])[0]['components']:
        purl = PackageURL.from_string(component['purl'])
        assert purl.to_string() == component['purl'], component['purl']
        assert (purl.type, purl.name, purl.version) == ('pypi', component['name'], component['version']), purl
        print('file:', purl.qualifiers['file_name'])
`

t.test(
  "a receipt is valid by CycloneDX' own schema and read by its library, by packageurl and by sbomdiff",
  async (t) => {
    const folder = t.testdir()
    const bin = await sbomPrograms()
    const write = (name: string, text: string): string => {
      const path = join(folder, name)
      writeFileSync(path, text)
      return path
    }
    const { text } = writeBill(arrivals, installed, 1_700_000_000)
    const one = write('one.cdx.json', text)
    const later = arrival('demo-lib', 'demo-lib-3.0.tar.gz', 'e')
    const two = write('two.cdx.json', writeBill([later], new Set(['demo-lib 3'])).text)
    const none = write('none.cdx.json', writeBill([], new Set()).text)
    const wrong = write('wrong.cdx.json', text.replace('"library"', '"librarian"'))
    const said = execFileSync(join(bin, 'python'), ['-c', check, one, two, none], { encoding: 'utf8' }).split('\n')
    for (const [path, count] of [
      [one, 3],
      [two, 1],
      [none, 0],
    ] as const) {
      t.ok(said.includes(`${path} error: None`), path, { said })
      t.ok(said.includes(`${path} components: ${count}`))
    }
    for (const { name } of arrivals) t.ok(said.includes(`file: ${name}`), name)
    t.match(
      spawnSync(join(bin, 'python'), ['-c', check, wrong], { encoding: 'utf8' }).stdout,
      /error: 'librarian' is not/,
    )

    const before = write('before.cdx.json', writeBill([lib], installed).text)
    const command = documented('receipts.md', 'What came into the image', 2, {
      'old/image.d/pypi.cdx.json': before,
      ' image.d/pypi.cdx.json': ` ${two}`,
    })
    const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}` }
    const { stdout } = spawnSync('sh', ['-c', command], { env, encoding: 'utf8' })
    t.match(
      stdout,
      /^\[VERSION\] demo-lib: Version changed from 2\.0 to 3\.0$/m,
      'sbomdiff tells what is new in an image',
    )
  },
)
