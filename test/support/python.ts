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
 * @param text The file's text.
 * @throws Where Python refuses it.
 */
export const readAsPip = (text: string): PythonConfig => read('RawConfigParser', text)

/** Reads a file as setuptools does: with interpolation. */
export const readAsSetuptools = (text: string): PythonConfig => read('ConfigParser', text)
