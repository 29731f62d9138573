import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { downloadingCommands, indexOptions, optionOf } from '../../element-src/lib/config/pip/config-file.js'
import * as fixtures from '../support/setup/fixtures.js'

/** Options whose names are like those of ours, and which leave the mirrors and the caches as they are. */
const harmless = [
  // Of pip 1.5.6: mirrors of the official index, which it no longer asks.
  'use-mirrors',
  'mirrors',
  // What is taken of what was found.
  'process-dependency-links',
  'allow-external',
  'allow-all-external',
  'no-allow-external',
  'allow-unsafe',
  'no-allow-unsafe',
  'uploaded-prior-to',
  // Whether an answer that was kept is asked for again.
  'refresh-package',
  // The rest of the group, which is looked at as well.
  'non-deprecated-index-group',
]

interface Tables {
  /** The long names of each option. */
  readonly options: readonly (readonly string[])[]
  /** The options of the group by which packages are found. */
  readonly members: readonly string[]
  /** The commands that ask servers. */
  readonly commands: readonly string[]
}

/** Reads the option tables in the source of pips' wheels. */
const program = `
import ast, json, sys, zipfile

def assigned(node):
    if isinstance(node, ast.Assign): return getattr(node.targets[0], 'id', '')
    return getattr(node.target, 'id', '') if isinstance(node, ast.AnnAssign) else ''
def tables(path):
    wheel = zipfile.ZipFile(path)
    [name] = [name for name in wheel.namelist() if name.endswith('/cmdoptions.py')]
    tree = ast.parse(wheel.read(name))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    strings = [[arg.value for arg in call.args if isinstance(arg, ast.Constant)] for call in calls]
    options = [[value[2:] for value in values if str(value).startswith('--')] for values in strings]
    groups = [node.value for node in tree.body if assigned(node).endswith('index_group')]
    members = [item.id for group in groups for item in ast.walk(group) if isinstance(item, ast.Name)]
    modules = [name for name in wheel.namelist() if '/commands/' in name]
    ask = [name for name in modules if any(word in wheel.read(name) for word in (b'_build_session(', b'get_default_session('))]
    commands = [name.rsplit('/', 1)[1][:-3] for name in ask]
    return {'options': [names for names in options if names], 'members': members, 'commands': commands}
json.dump([tables(path) for path in sys.argv[1:]], sys.stdout)`

const pips = await fixtures.pips()
const wheels = readdirSync(pips).filter((name) => name.endsWith('.whl'))
const paths = wheels.map((name) => join(pips, name))
const read = JSON.parse(
  execFileSync('python3', ['-W', 'ignore', '-c', program, ...paths], { encoding: 'utf8' }),
) as readonly Tables[]
const isOurs = (name: string): boolean =>
  indexOptions.some((option) => option === optionOf(name)) || optionOf(name) === 'log'

wheels.forEach((wheel, i) => {
  t.test(`${wheel}: each name of an option by which pip finds packages is known`, async (t) => {
    const { options, members, commands } = read[i] ?? { options: [], members: [], commands: [] }
    t.ok(
      options.some((names) => names.includes('pypi-url')),
      'there are names to compare',
    )
    for (const names of options.filter((names) => names.some(isOurs))) {
      t.ok(names.every(isOurs), `${names.join(', ')} are known`)
      t.equal(new Set(names.map(optionOf)).size, 1, 'and one option')
    }
    t.ok(members.length > 3, 'there is a group of index options')
    const unknown = members.map((name) => name.replaceAll('_', '-')).filter((name) => !isOurs(name))
    t.same(
      unknown.filter((name) => !harmless.includes(name)),
      [],
      'whose names are known',
    )
    t.ok(commands.includes('install'), 'there are commands that ask servers')
    // It asks them for a list of requirements alone.
    const known: readonly string[] = [...downloadingCommands, 'uninstall']
    t.same(
      commands.filter((name) => !known.includes(name)),
      [],
      'and they are known',
    )
  })
})
