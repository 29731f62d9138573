import t from 'tap'
import { buildImage, namesInTarball, scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { readConfiguration, standardBuild } from '../support/builds/standard-build.js'
import { tinyRootTarball } from '../support/setup/fixtures.js'

needsRoot(t)

t.test('variables that reach into Node.js, its libraries and the loader do nothing to the hooks', async (t) => {
  const scratch = scratchFolder(t)
  const variables: Readonly<Record<string, string>> = {
    NODE_OPTIONS: '--require=/nowhere.js --inspect-brk',
    NODE_V8_COVERAGE: '/opt/coverage',
    NODE_EXTRA_CA_CERTS: '/nowhere.pem',
    NODE_PATH: '/nowhere',
    NODE_DEBUG: 'fs,module',
    OPENSSL_CONF: '/nowhere.cnf',
    GLIBC_TUNABLES: 'glibc.malloc.check=3',
    // The loader of the image's own programs complains of it; ours does not see it.
    LD_PRELOAD: '/nowhere/preloaded.so',
  }
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'\n`)
  const built = await standardBuild(t, scratch, { hooks: { 'environment.d/50-hostile.bash': exports.join('') } })
  t.match(built.log, /\/nowhere\/preloaded\.so.* cannot be preloaded/, "the image's own programs were told")
  t.notOk(namesInTarball(built.image).includes('/opt/coverage'), 'nothing was written')
})

t.test('where the loader is told to run nothing, the build fails', async (t) => {
  const scratch = scratchFolder(t)
  const build = await buildImage(scratch, {
    root: await tinyRootTarball(),
    options: ['--offline'],
    hooks: {
      'environment.d/50-hostile.bash': 'export LD_TRACE_LOADED_OBJECTS=1\n',
      'install.d/50-read-configuration': readConfiguration,
    },
  })
  t.not(build.status, 0)
  t.notMatch(build.log, /^Build completed successfully$/m)
})
