import { execFileSync } from 'node:child_process'

/** A file in Python's eyes: sections with their keys. */
export type PythonConfig = Readonly<Record<string, Readonly<Record<string, string>>>>

const read = (parser: string, text: string): PythonConfig =>
  JSON.parse(
    execFileSync(
      'python3',
      [
        '-c',
        `import configparser, json, sys
parser = configparser.${parser}()
parser.read_string(sys.stdin.read())
json.dump({name: dict(parser.items(name)) for name in parser.sections()}, sys.stdout)`,
      ],
      { input: text, encoding: 'utf8' },
    ),
  ) as PythonConfig

/**
 * Reads a file as pip does, with Python's own RawConfigParser.
 *
 * @throws Where Python refuses it.
 */
export const readAsPip = (text: string): PythonConfig => read('RawConfigParser', text)

/** Reads a file as setuptools does: with interpolation. */
export const readAsSetuptools = (text: string): PythonConfig => read('ConfigParser', text)

/** A text, and which of Python's parsers is to read it. */
export interface ToRead {
  readonly parser: 'RawConfigParser' | 'ConfigParser' | 'TOML'
  readonly text: string
}

/**
 * Reads many files in one process, as they would be read from a disk.
 *
 * @returns Each as Python reads it, or undefined where Python refuses it. TOML's top level is a section without a name.
 */
export const readMany = (files: readonly ToRead[]): readonly (PythonConfig | undefined)[] =>
  JSON.parse(
    execFileSync(
      'python3',
      [
        '-c',
        `import configparser, io, json, sys
try:
    import tomllib
except ImportError:
    from pip._vendor import tomli as tomllib
def read(parser, text):
    if parser == 'TOML':
        values = tomllib.loads(text).items()
        return {'': {key: ' '.join(value) if isinstance(value, list) else value for key, value in values}}
    parser = getattr(configparser, parser)()
    try:
        parser.read_file(io.StringIO(text, newline=None))
        return {name: dict(parser.items(name)) for name in parser.sections()}
    except (configparser.Error, ValueError):
        return None
json.dump([read(**file) for file in json.load(sys.stdin)], sys.stdout)`,
      ],
      { input: JSON.stringify(files), encoding: 'utf8', maxBuffer: 1 << 28 },
    ),
  ).map((config: PythonConfig | null) => config ?? undefined)

/**
 * The hosts of many URLs, as pip's own parser takes them from them: in small letters, IPv6 addresses without brackets.
 *
 * @returns Each one's host, or undefined where Python refuses the URL or finds no host in it.
 */
export const hostsOf = (urls: readonly string[]): readonly (string | undefined)[] =>
  JSON.parse(
    execFileSync(
      'python3',
      [
        '-c',
        `import json, sys, urllib.parse
def host(url):
    try:
        parts = urllib.parse.urlsplit(url)
        return parts.port != -1 and parts.hostname
    except ValueError:
        return None
json.dump([host(url) for url in json.load(sys.stdin)], sys.stdout)`,
      ],
      { input: JSON.stringify(urls), encoding: 'utf8', maxBuffer: 1 << 28 },
    ),
  ).map((host: string | null) => host ?? undefined)
