/** A sabotage of one line, and the tests that must notice it. */
export interface Mutant {
  /** What a user is promised, and no longer gets. */
  readonly promise: string
  readonly file: string
  /** Text that the file has once. */
  readonly text: string
  readonly replacement: string
  /** Files of tests, of which one has to fail. */
  readonly tests: readonly string[]
}

/** A new promise brings one. */
export const mutants: readonly Mutant[] = [
  {
    promise: "only who knows the relay's secret path is served",
    file: 'element-src/lib/relay/server/route.ts',
    text: 'if (!isSecret(first, installers) ||',
    replacement: 'if (first.length !== installers.length ||',
    tests: ['test/unit/relay/serves.ts'],
  },
  {
    promise: "the relay listens on the host's 127.0.0.1 alone",
    file: 'element-src/lib/relay/open-relay.ts',
    text: "listen(0, '127.0.0.1', 1024, resolve)",
    replacement: "listen(0, '0.0.0.0', 1024, resolve)",
    tests: ['test/unit/relay/serves.ts'],
  },
  {
    promise: "a wheel's metadata is compared with its hash before it is kept",
    file: 'element-src/lib/relay/served-index.ts',
    text: 'if (digest.isRight() === false) return',
    replacement: '',
    tests: ['test/unit/relay/fill.ts'],
  },
  {
    promise: 'a client certificate is not shown to hosts that an index merely leads to',
    file: 'element-src/lib/http/exchange.ts',
    text: 'const mine = own && isSameServer(new URL(own.url), url) ? own : undefined',
    replacement: 'const mine = own',
    tests: ['test/unit/http/client.ts'],
  },
  {
    promise: 'trusted = yes does not go for other hosts',
    file: 'element-src/lib/http/exchange.ts',
    text: 'verifies: !(mine?.trusted || isHostIn(trustedHosts, url)),',
    replacement: 'verifies: !(own?.trusted || isHostIn(trustedHosts, url)),',
    tests: ['test/unit/http/client.ts'],
  },
  {
    promise: 'a starting relay does not remove what another is downloading',
    file: 'element-src/lib/index/folder-store.ts',
    text: 'ages - statSync(path).mtimeMs > leftOver',
    replacement: 'ages - statSync(path).mtimeMs >= 0',
    tests: ['test/unit/index/folder-store.ts'],
  },
  {
    promise: 'a doubled spelling of a password stays out of the image',
    file: 'element-src/lib/config/secrets.ts',
    text: "  text.replaceAll('%', '%%'),",
    replacement: '',
    tests: ['test/unit/config'],
  },
  {
    promise: 'a decoded spelling of a password stays out of the image',
    file: 'element-src/lib/config/secrets.ts',
    text: "  text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('latin1')),",
    replacement: '',
    tests: ['test/unit/config'],
  },
  {
    promise: 'DIB_NO_PYPI_PIP keeps the official index away',
    file: 'element-src/lib/settings/variables.ts',
    text: "export const officialIndexFlags = ['DIB_OFFLINE', 'DIB_NO_PYPI_PIP'] as const",
    replacement: "export const officialIndexFlags = ['DIB_OFFLINE'] as const",
    tests: ['test/unit/settings'],
  },
  {
    promise: 'an offline build keeps nothing',
    file: 'element-src/lib/settings/settings.ts',
    text: "users.DIB_PYPI_FILL_MIRROR && !users.DIB_OFFLINE && users.DIB_PYPI_RELAY !== 'never'",
    replacement: "users.DIB_PYPI_FILL_MIRROR && users.DIB_PYPI_RELAY !== 'never'",
    tests: ['test/unit/settings', 'test/unit/relay'],
  },
  {
    promise: 'the stage folder is closed to other users of the host while the build runs',
    file: 'element-src/lib/mount-pypi-mirror.ts',
    text: 'mkdirSync(folder, { mode: 0o700 })',
    replacement: 'mkdirSync(folder)',
    tests: ['test/hook/other-users.ts', 'test/unit/image'],
  },
  {
    promise: 'what one hook hands to the next is closed to other users',
    file: 'element-src/lib/image/json-file.ts',
    text: '{ mode: 0o600 }',
    replacement: '{ mode: 0o644 }',
    tests: ['test/unit/image/json-file.ts', 'test/hook/other-users.ts'],
  },
  {
    promise: 'the build folder is closed, which dib leaves open to every user of the host',
    file: 'element-src/lib/image/close-build-folder.ts',
    text: 'chmodSync(folder, 0o700)',
    replacement: 'chmodSync(folder, mode)',
    tests: ['test/hook/other-users.ts'],
  },
  {
    promise: "root's folders in the image are closed to its other users",
    file: 'element-src/lib/config/apply.ts',
    text: 'mkdirSync(cacheFolder, { recursive: true, mode: 0o700 })',
    replacement: 'mkdirSync(cacheFolder, { recursive: true })',
    tests: ['test/hook/other-users.ts', 'test/unit/config'],
  },
]
