import { type Mutant, sabotages } from '../mutant.js'

/** What the relay fetches before it is asked: for whom, from where, how much, and what of it is left. */
export const ofAhead: readonly Mutant[] = [
  ...sabotages(
    'lib/relay/ahead/look-ahead.ts',
    'unit/relay/ahead/look-ahead.ts',
    [
      'what is fetched ahead is asked by the rules of a mirrors file',
      'config.folder === undefined && isAsked(project) && !isBusy',
      'config.folder === undefined && !isBusy',
    ],
    [
      'what leads on is read as the installer would read it',
      'chooseFile(all, project, specifier, installer)',
      "chooseFile(all, project, '', installer)",
    ],
  ),
  ...sabotages(
    'lib/relay/ahead/look-ahead.ts',
    'unit/relay/ahead/guesses.ts',
    ['a wheel that an earlier build kept leads on', 'there === undefined ? coming', 'true ? coming'],
    ['what is guessed is not noted as had by an index', 'index.findFile(file)', 'index.findFile(file, index.origin)'],
  ),
  ...sabotages('lib/relay/upstream/server-index.ts', 'unit/relay/ahead/look-ahead.ts', [
    'a fault of what nobody asked for is not an outage',
    'if (asker.isAhead) {\n      const found = outage',
    'if (false) {\n      const found = outage',
  ]),
  ...sabotages('lib/http/connection.ts', 'unit/relay/ahead/look-ahead.ts', [
    'what is fetched ahead takes no connection from installers',
    'maxSockets: 66',
    'maxSockets: 50',
  ]),
  ...sabotages('lib/relay/control.ts', 'hook/relay.ts', [
    'nothing is fetched ahead if the user says so',
    "ahead: settings.DIB_PYPI_RELAY_AHEAD === 'yes'",
    'ahead: true',
  ]),
  ...sabotages('lib/base/waiting.ts', 'unit/relay/downloads.ts', [
    'what is asked for after the end is stopped',
    'if (other?.aborted) end()\n  else ',
    '',
  ]),
  ...sabotages('lib/relay/upstream/server-index.ts', 'unit/relay/ahead/look-ahead.ts', [
    'a page that was fetched ahead is good only as long as the installer is connected',
    '() => Date.now() < latest && isGoing()',
    '() => Date.now() < latest',
  ]),
  ...sabotages(
    'lib/relay/ahead/requirement.ts',
    'unit/relay/ahead/requirement.ts',
    [
      'a marker that is not understood is not taken for true',
      'return at === words.length ? result : undefined',
      'return result ?? true',
    ],
    [
      'what only an extra requires is left out',
      "['', ...extras].map((extra) => new",
      "['', 'docs', 'test', 'more', 'x', ...extras].map((extra) => new",
    ],
    ['a requirement with a URL of its own asks no index', '([^;@()]*)\\)?', '([^;()]*)\\)?'],
  ),
  ...sabotages(
    'lib/relay/ahead/installer.ts',
    'unit/relay/ahead/choose-file.ts',
    ['what is withdrawn is not chosen', 'if (file.yanked || version', 'if (version'],
    ['what is for another Python is not chosen', 'if (pythons === undefined || satisfies', 'if (pythons || satisfies'],
    [
      "what is for a later C library than the image's is not chosen",
      'hasMajor === Number(major) && (hasMinor ?? -1) >= Number(minor)',
      'hasMajor === Number(major)',
    ],
  ),
  ...sabotages(
    'lib/relay/ahead/guesses.ts',
    'unit/relay/ahead/guesses.ts',
    ['a wrong guess is ended', 'made.guess?.drop()', ''],
    [
      'guesses take no more than so many bytes',
      'if (own + length > largest || bytes + length > largestSum) return false',
      '',
    ],
    ['no more than eight guesses are on their way', 'while (running < mostAtOnce)', 'while (running < 99)'],
    [
      'after three of five wrong guesses there are no more',
      'last[reason].filter(({ isWrong }) => isWrong).length > mostWrong',
      'last[reason].length > 99',
    ],
    [
      'constraints that forbid the newest releases are not met by guesses',
      '|| unproven.size >= mostUnproven * proven)',
      ')',
    ],
  ),
  ...sabotages(
    'lib/relay/store/download.ts',
    'unit/relay/ahead/guesses.ts',
    ['what nobody asked for is not kept', 'if (await isWanted) await keep(', 'await keep('],
    ['a guess waits for what was asked for', 'await Promise.race([server.whenNone(), isWanted])', ''],
    [
      'an installer does not join a guess that has come to a halt',
      "state === 'here' || isPaused || now - heard < stalled * tempo",
      'true',
    ],
    ['a fault of a guess is not in the log', 'if (!over.aborted && !isGuess) on', 'if (!over.aborted) on'],
  ),
  ...sabotages(
    'lib/index/wheel-metadata.ts',
    'unit/index/wheel-metadata.ts',
    ['no metadata of any size is unpacked', '{ maxOutputLength: most }', '{}'],
    ['a wheel that says two things says nothing', 'member === undefined || others.length > 0', 'member === undefined'],
    ['what lies deeper in a wheel is not its own', '/^[^/]+\\.dist-info\\/METADATA$/', '/\\.dist-info\\/METADATA$/'],
  ),
]
