import { type Mutant, sabotages } from '../mutant.js'

/** The client and the probes: what is shown to whom, what is believed. */
export const ofHttp: readonly Mutant[] = [
  ...sabotages(
    'lib/http/way.ts',
    'unit/http/client.ts',
    [
      'a client certificate and a password are not shown to hosts that an index merely leads to',
      'const mine = own && isSameServer(new URL(own.url), url) ? own : undefined',
      'const mine = own',
    ],
    [
      'trusted = yes does not go for other hosts',
      'verifies: !(mine?.trusted || isHostIn(trustedHosts, url)),',
      'verifies: !(own?.trusted || isHostIn(trustedHosts, url)),',
    ],
  ),
  ...sabotages('lib/http/look-up.ts', 'unit/http/look-up.ts', [
    'connections that are made at one time look up their host once',
    'once(host, () => ask(host))',
    'ask(host)',
  ]),
  ...sabotages(
    'lib/http/url.ts',
    'unit/http/url.ts',
    [
      "a password is not shown at another port of its server's host",
      'own.origin === url.origin ||',
      'own.hostname === url.hostname ||',
    ],
    ['a password is not shown where a redirect leaves TLS', '!isTls(own) && isTls(url) && own.port', 'own.port'],
  ),
  ...sabotages(
    'lib/http/client.ts',
    'unit/http/client.ts',
    ['heads of a megabyte are read, and no longer ones', 'maxHeaderSize: 1024 * 1024,', ''],
    ['a cookie goes to the host that set it', 'to.hostname === at.hostname && ', ''],
    ['a cookie that came over TLS goes over TLS alone', '(isTls(at) || !isTls(to))', 'true'],
    ['a redirect leads to http and https alone', '&& /^https?:$/.test(url.protocol)', ''],
    ['redirects have an end', 'redirects <= mostRedirects;', ';'],
  ),
  ...sabotages('lib/http/body.ts', 'unit/http/client.ts unit/relay/faults.ts', [
    'a page without an end is not read for ever',
    'if (length > most)',
    'if (length < 0)',
  ]),
  ...sabotages('lib/http/url.ts', 'unit/http/credentials.ts', [
    'a password is hidden in messages',
    '() => `${user}****@`',
    '() => `${userinfo}@`',
  ]),
  ...sabotages('lib/http/url.ts', 'unit/http/client.ts', [
    'a password outside ASCII goes as pip sends it',
    "isLatin1 ? 'latin1' : 'utf8'",
    "'utf8'",
  ]),
  ...sabotages('lib/http/connection.ts', 'unit/http/certificates.ts unit/http/client.ts', [
    'what the system trusts is trusted',
    'takesAll ? systemAuthorities(environment).flatMap(split) : []',
    '[]',
  ]),
  ...sabotages(
    'lib/http/connection.ts',
    'unit/http/client.ts unit/probe/probe-server.ts',
    ['the certificate of a server is verified', 'rejectUnauthorized: verifies,', 'rejectUnauthorized: false,'],
    [
      'DIB_PYPI_TRUSTED_HOST trusts the index, not its proxy',
      'howTo(proxy, true, takesAll)',
      'howTo(proxy, verifies, takesAll)',
    ],
  ),
  ...sabotages('lib/http/way.ts', 'unit/relay/proxies.ts unit/http/client.ts', [
    'PIP_PROXY wins over the environment',
    "environment['PIP_PROXY'] || fromEnvironment",
    'fromEnvironment',
  ]),
  ...sabotages('lib/http/way.ts', 'unit/relay/proxies.ts unit/http/client.ts', [
    'no_proxy keeps a proxy away',
    'const fromEnvironment = isDirect ?',
    'const fromEnvironment = false ?',
  ]),
  ...sabotages('lib/http/http-error.ts', 'unit/http/client.ts unit/probe/probe-server.ts unit/probe/further.ts', [
    'to switch verification off is never the first advice',
    '(${code}): name its CA in a mirrors file (DIB_PYPI_MIRRORS, ca), or install it in root.d',
    '(${code}): ${last}. Name its CA in a mirrors file (DIB_PYPI_MIRRORS, ca), or install it in root.d',
  ]),
  ...sabotages(
    'lib/probe/reachable.ts',
    'unit/probe/choose-reachable.ts',
    [
      'a section with projects of its own is not left out while its mirror is down',
      "state === 'down' && index.projects === undefined",
      "state === 'down'",
    ],
    [
      'DIB_PYPI_UNREACHABLE=fail ends the build on an index that cannot be used',
      "if (unreachable === 'fail' && faults.length > 0) {",
      "if (unreachable === 'fail' && faults.length > 99) {",
    ],
    ['DIB_PYPI_UNREACHABLE=keep keeps what is down', "unreachable === 'drop' && isLeft", 'isLeft'],
    [
      'the folder that this build fills is not another index',
      "state !== 'down' && !index.isFilled)",
      "state !== 'down')",
    ],
    ['of an index that is down the last is asked all the same', "isLeft && state === 'down'", "state === 'down'"],
  ),
  ...sabotages('lib/probe/probe-server.ts', 'unit/probe/further.ts', [
    'a mirror that has projects of its own is asked for no other',
    'context.index.projects === undefined ?',
    'context.index ?',
  ]),
  ...sabotages(
    'lib/probe/verdict.ts',
    'unit/probe/probe-server.ts unit/probe/further.ts',
    ['a login page in place of an index is named', '&& isOtherPage(project, page)) {', '&& status !== 200) {'],
    [
      'credentials that a server rejects are a fault',
      'if (status === 401 || status === 403) {',
      'if (status === 401) {',
    ],
    [
      "a proxy's own answer is not the index's",
      'const isOfProxy = status === 502 || status === 504 ||',
      'const isOfProxy =',
    ],
  ),
  ...sabotages('lib/probe/page.ts', 'unit/probe/probe-server.ts unit/probe/further.ts', [
    'of a page no more than its beginning is read',
    'if (bytes.length > mostOfPage || isEnough(answer)) break',
    'if (isEnough(answer)) break',
  ]),
]
