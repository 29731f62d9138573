import { type Mutant, sabotages } from '../mutant.js'

/** The installers' files: whom they reach, what of them gets into the image. */
export const ofConfig: readonly Mutant[] = [
  ...sabotages(
    'lib/config/merge.ts',
    'unit/config/secrets.ts',
    ['a doubled spelling of a password stays out of the image', " text.replaceAll('%', '%%'),", ''],
    ['a decoded spelling of a password stays out of the image', ", unquote(text, 'latin1')", ''],
    ["the relay's secret stays out of the image", 'return isRelay ?', 'return false ?'],
    ['a long password stays out of the image by itself', 'password.length >= longPassword ? [password] : []', '[]'],
  ),
  ...sabotages(
    'lib/config/merge.ts',
    'unit/config/merge.ts',
    ['a key that another hook wrote with a password is left out of the image', '!holdsSecret(value, secrets)', 'true'],
    [
      'nothing of ours gets into the image with what another hook wrote',
      '.filter((entry) => !isIn(entry, ours.entries))\n    .flatMap',
      '.flatMap',
    ],
    [
      'what another hook deleted stays deleted',
      "edit(own ?? '', [...changed, ...removed])",
      "edit(own ?? '', [...changed])",
    ],
    ['what no installer can read is named', 'if (theirs.fault !== undefined) {', 'if (theirs.fault === null) {'],
    ['a copy of ours is known by the line with which ours begins', 'if (text.includes(remark)) return true', ''],
    [
      'comments that a hook wrote around ours stay',
      'if (around !== undefined && isCleanText(around)) return',
      'if (around === null) return',
    ],
  ),
  ...sabotages('lib/config/revert.ts', 'unit/config/revert.ts unit/unconfigure-pypi-mirror.ts', [
    'a file that another hook wrote with a password stays out of the image',
    'if (holdsSecret(textsBelow(from), secrets)) {',
    'if (holdsSecret([], secrets)) {',
  ]),
  ...sabotages('lib/image/attributes.ts', 'unit/config/revert.ts', [
    'what another hook deletes is deleted in the image',
    'if (found === undefined && old !== undefined) remove()',
    '',
  ]),
  ...sabotages(
    'lib/config/revert.ts',
    'unit/config/revert.ts unit/unconfigure-pypi-mirror.ts',
    ['folders get their times back', '  restoreTimes.forEach(attempt)\n', ''],
    ['no stub of ours is left in the image', 'if (isStub) unlinkSync(join(root, file.path))', ''],
    [
      'the build fails if our configuration is in the image at the end',
      'if (now !== undefined && now !== file.own && isMadeOfOurs(file, now))',
      'if (now === "")',
    ],
    [
      'a link that took the place of ours is not followed',
      'if (entryInRoot(root, file.path)?.isFile()) {',
      'if (file !== null) {',
    ],
  ),
  ...sabotages(
    'lib/config/apply.ts',
    'hook/other-users.ts',
    [
      "root's folders in the image are closed to its other users",
      'mkdirSync(cacheFolder, { recursive: true, mode: 0o700 })',
      'mkdirSync(cacheFolder, { recursive: true })',
    ],
    ['what is for every user can be read by them', 'isForEveryone ? 0o644 :', 'isForEveryone ? 0o600 :'],
    ["root's own configuration is root's", 'alone ? 0o600 : ownAccess.mode', 'alone ? 0o644 : ownAccess.mode'],
  ),
  ...sabotages(
    'lib/config/pip/config-file.ts',
    'unit/config/pip/pip-conf.ts unit/config/pip/any-edit.ts',
    [
      "an index in [download] of the image's own pip.conf is not asked",
      "['install', 'download', 'wheel', 'list',",
      "['install', 'wheel', 'list',",
    ],
    ['an index by an old name of the setting is not asked', "'pypi-url': 'index-url',\n", ''],
    ['a key with an underscore is the same key', ".replaceAll('_', '-')", ''],
    [
      'a section of a command in /etc/pip.conf does not beat the mirrors',
      "section === 'DEFAULT' || downloadingCommands.some",
      'downloadingCommands.some',
    ],
  ),
  ...sabotages(
    'lib/config/pip/pip-conf.ts',
    'unit/config/pip/pip-conf.ts',
    ["the image's own find-links is not asked", "'find-links': '/dev',", "'find-links': undefined,"],
    ["the image's own no-index does not switch the mirrors off", "'no-index': 'false',", "'no-index': 'true',"],
    ["pip's log keeps no password in the image", '  log: undefined,', "  log: '/var/log/pip.log',"],
    ["pip's cache of root is not in the image", "  'cache-dir': undefined,\n", ''],
    ["other users' pip keeps no cache", "'no-cache-dir': 'false',\n  }", '}'],
    ["the image's proxy does not stand before the relay", 'settings.relay ? { proxy: undefined } : {}', '{}'],
  ),
  ...sabotages('lib/config/pip/config-file.ts', 'unit/config/pip/pip-conf.ts unit/config/pydistutils-cfg.ts', [
    'a file that pip cannot read is refused',
    'if (fault === undefined) return entries',
    'if (path) return entries',
  ]),
  ...sabotages('lib/config/pip/config-file.ts', 'unit/config/pip/config-file.ts unit/config/pip/any-edit.ts', [
    'a value of several lines is one value',
    'if (ownIndent > indent && open !== undefined) {',
    'if (ownIndent > 99 && open !== undefined) {',
  ]),
  ...sabotages(
    'lib/config/pip/pip-conf.ts',
    'unit/config/pydistutils-cfg.ts',
    ['easy_install gets a password with a percent sign as it is', "index.replaceAll('%', '%%')", 'index'],
    ["the image's own index of easy_install is not asked", "'index-url': undefined, 'find-links'", "'find-links'"],
  ),
  ...sabotages(
    'lib/config/uv/uv-toml.ts',
    'unit/config/uv/uv-toml.ts',
    ['uv chooses among all indexes, as pip does', ', \'index-strategy = "unsafe-best-match"\'', ''],
    ["other users' uv keeps no cache", "lines.push('no-cache = true')", 'lines.push()'],
    ["the image's own indexes of uv are not asked", 'return gone.length === 0 ? own :', 'return gone ? own :'],
    ['uv asks the official index last', 'urls.at(-1) ??', 'urls.at(0) ??'],
  ),
  ...sabotages(
    'lib/config/warnings.ts',
    'unit/config/late-indexes.ts',
    ['a password in an index that another element set is not in the log', '[redact(url),', '[url,'],
    ['an index that another element sets is named', '!before.has(url)', 'before.has(url)'],
  ),
  ...sabotages(
    'lib/config/plan.ts',
    'unit/config/plan.ts',
    [
      'a FIFO where a file should be is refused, without waiting for it',
      'if (lstatAt(real)?.isFile() === false)',
      'if (path === real + 1)',
    ],
    ['a file where a folder should be is refused', "refuseFileAt('/', folder)", 'void folder'],
  ),
  ...sabotages(
    'lib/config/warnings.ts',
    'unit/config/warnings.ts',
    [
      "another user's own configuration that beats the mirrors is named",
      "mounted.includes(join(one, '.pydistutils.cfg')) ? [] : userFiles(one)",
      'one ? [] : userFiles(one)',
    ],
    [
      'a variable that beats the mirrors is named',
      '.filter(([name]) => environment[name])',
      '.filter(([name]) => name === null)',
    ],
  ),
  ...sabotages(
    'pypi/environment.d/00-hide-pypi-credentials.bash',
    'unit/environment/hide-pypi-credentials.ts',
    [
      "dib's record has no password",
      'DIB_ENV+=${_pypi_rest%%"$BASH_REMATCH"*}${BASH_REMATCH[1]}****@',
      'DIB_ENV+=${_pypi_rest%%"$BASH_REMATCH"*}$BASH_REMATCH',
    ],
    ['hooks in the chroot have no variable with a password', 'unset "$_pypi_name"', ':'],
    [
      'a traced log has no password',
      '{ set +x; } 2>/dev/null # dib-run-parts has each line of such files in the log.\nif [[ ${DIB_ENV',
      'if [[ ${DIB_ENV',
    ],
  ),
  ...sabotages(
    'pypi/environment.d/01-reach-pypi-relay.bash',
    'unit/environment/reach-pypi-relay.ts',
    ["the user's proxy does not stand before the relay", 'export no_proxy=$_pypi_direct NO_PROXY=$_pypi_direct', ':'],
    ['without a relay nothing changes', 'if [[ -e ${BASH_SOURCE[0]%/*}/../pypi/relay.json ]]; then', 'if true; then'],
  ),
  ...sabotages('launcher/clear-environment.sh', 'unit/launcher/head.ts', [
    'no NODE_OPTIONS of the caller reaches a hook',
    '*) unset "$name" ;;',
    '*) : ;;',
  ]),
  ...sabotages('launcher/hand-over-environment.sh', 'unit/launcher/hand-over-environment.ts', [
    "an environment that is too large for a mirrors file's commands is named",
    '[ ${#PYPI_CALLER_ENVIRONMENT} -lt 131000 ] ||',
    'true ||',
  ]),
]
