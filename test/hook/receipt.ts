import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { writeReceipt } from '../../element-src/lib/receipt/receipt-file.js'
import { localMirror, ownLines, scratchFolder } from '../support/builds/build-image.js'
import { releases, wheelInImage } from '../support/builds/installers.js'
import { needsRoot } from '../support/builds/root.js'
import { type Phases, type RanPhases, runPhases } from '../support/builds/run-phases.js'
import { makeMirror, makeSdists, makeWheels, type SamplePackage, sortIntoMirror } from '../support/servers/mirror.js'
import { serveMirror } from '../support/servers/server.js'
import { muslRoot, oldRoot } from '../support/setup/fixtures.js'

needsRoot(t)

interface Receipt {
  readonly components: readonly { name: string; version: string; externalReferences: readonly { url: string }[] }[]
  readonly formulation?: readonly [{ readonly components: Receipt['components'] }]
  readonly metadata: { readonly timestamp?: string }
}

const read = (path: string): Receipt => JSON.parse(readFileSync(path, 'utf8'))
const names = (components: Receipt['components'] | undefined): readonly string[] =>
  (components ?? []).map(({ name, version }) => `${name} ${version}`)
const others = (receipt: Receipt): readonly string[] => names(receipt.formulation?.[0].components)

const succeeds = (t: Test, ran: RanPhases): void => {
  t.equal(ran.status, 0, 'the hooks succeed, and so do the installations', { log: ran.log.slice(-3000) })
}
const errorsOf = (ran: RanPhases): readonly string[] => ran.log.match(/^pypi: error: .*$/gm) ?? []

/** Runs the hooks of a build that writes a receipt, of the image `image`. */
const run = (image: string, { environment, ...phases }: Phases): Promise<RanPhases> =>
  runPhases(join(image, '..'), {
    compare: false,
    environment: { DIB_OFFLINE: '1', DIB_PYPI_RECEIPT: '1', IMAGE_NAME: image, ...environment },
    ...phases,
  })

const wheel = (name: string, version: string, requirements: readonly string[] = []): SamplePackage => ({
  name,
  version,
  text: 'token = 1',
  requirements,
})

t.test(
  'a receipt says what came into an image, and the log what the image has besides; of two builds at once each',
  async (t) => {
    const scratch = scratchFolder(t)
    const served = join(scratch, 'served')
    makeMirror(served, [wheel('demo-app', '1.0', ['demo-lib>=2']), wheel('demo-lib', '2.1')])
    const server = await serveMirror(t, served, 'user:secret')
    const mirror = `http://127.0.0.1:${server.port}/simple`
    const environment = { DIB_PYPI_MIRROR_URL: mirror.replace('//', '//user:secret@') }
    const umask = join(scratch, 'umask.sh')
    writeFileSync(umask, 'umask 027\n')
    const pip = 'python3 -m pip --no-color install --break-system-packages'
    const images = [join(scratch, 'my image'), join(scratch, 'other')] as const
    const [one, two] = await Promise.all([
      run(images[0], {
        environment: { ...environment, SOURCE_DATE_EPOCH: '86400' },
        inChroot: `${pip} demo-app
rm -rf /usr/local/lib/python3*/dist-packages/demo_lib*`,
      }),
      run(images[1], {
        environment: { ...environment, BASH_ENV: umask },
        inChroot: `${pip} --prefix /srv/anywhere demo-lib`,
      }),
    ])
    for (const ran of [one, two]) succeeds(t, ran)
    const path = `${images[0]}.d/pypi.cdx.json`
    const receipt = read(path)
    t.same(names(receipt.components), ['demo-app 1.0'])
    t.same(others(receipt), ['demo-lib 2.1'], 'what is not in the image is in formulation')
    t.equal(receipt.components[0]?.externalReferences[0]?.url, mirror)
    t.equal(receipt.metadata.timestamp, '1970-01-02T00:00:00.000Z')
    t.notMatch(readFileSync(path, 'latin1'), /secret/)
    t.ok(
      ownLines(one.log).includes(`${path} is the receipt: 1 package in the image, 1 that came and is not in it`),
      'the log says where it is',
      { lines: ownLines(one.log) },
    )
    t.match(one.log, /^pypi: \d+ packages in the image did not come through the relay, and are not in the receipt$/m)
    const other = read(`${images[1]}.d/pypi.cdx.json`)
    t.same([names(other.components), others(other)], [['demo-lib 2.1'], []])
    t.same(readdirSync(`${images[1]}.d`), ['pypi.cdx.json'])
    const modeOf = (image: string): number => statSync(`${image}.d/pypi.cdx.json`).mode & 0o777
    t.same(images.map(modeOf), [0o644, 0o640], "by the umask of the build's caller")
  },
)

/** An sdist that builds itself by the module of another project, and wants no setuptools. */
const makeBackendSdist = (folder: string): void => {
  const script = `import io, sys, tarfile
files = {
    'pyproject.toml': '[build-system]\\nrequires = ["build-helper"]\\nbuild-backend = "backend"\\nbackend-path = ["."]\\n',
    'PKG-INFO': 'Metadata-Version: 2.1\\nName: sdist-app\\nVersion: 1.0\\n',
    'backend.py': '''import build_helper, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = 'sdist_app-1.0-py3-none-any.whl'
    with zipfile.ZipFile(folder + '/' + name, 'w') as archive:
        archive.writestr('sdist_app.py', '')
        archive.writestr('sdist_app-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\\\nName: sdist-app\\\\nVersion: 1.0\\\\n')
        archive.writestr('sdist_app-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\\\nRoot-Is-Purelib: true\\\\nTag: py3-none-any\\\\n')
        archive.writestr('sdist_app-1.0.dist-info/RECORD', '')
    return name
''',
}
with tarfile.open(sys.argv[1], 'w:gz') as archive:
    for path, text in files.items():
        entry = tarfile.TarInfo('sdist_app-1.0/' + path)
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text.encode()))
`
  execFileSync('python3', ['-c', script, join(folder, 'sdist_app-1.0.tar.gz')])
}

t.test(
  'pip and uv: build requirements and versions given up are in formulation; the lock gives the same receipt, byte for byte',
  async (t) => {
    const scratch = scratchFolder(t)
    const [first, second] = [join(scratch, 'first'), join(scratch, 'second')]
    makeWheels(first, [
      wheel('demo-app', '1.0', ['demo-lib>=2', 'other-lib>=2']),
      wheel('demo-lib', '1.0'),
      wheel('demo-lib', '2.1'),
      // pip looks at it first, and gives it up.
      wheel('demo-lib', '3.0', ['other-lib<2']),
      wheel('other-lib', '2.0'),
      wheel('build-helper', '4.0'),
    ])
    makeBackendSdist(first)
    sortIntoMirror(first)
    makeMirror(second, [wheel('other-lib', '2.0'), wheel('uv-app', '1.0')])
    const servers = await Promise.all([first, second].map((folder) => serveMirror(t, folder)))
    const urls = servers.map(({ port }) => `http://127.0.0.1:${port}/simple`)
    const [newest = ''] = await releases(/^pip-26/)
    const install: Phases = {
      environment: { DIB_PYPI_MIRROR_URL: urls[0], DIB_PYPI_MIRROR_URL_1: urls[1] },
      withInstallers: true,
      inChroot: `
PYTHONPATH=${wheelInImage(newest)} python3 -m pip --no-color install --prefix /srv/one demo-app sdist-app
uv=/srv/installers/uv-new/uv
$uv venv -q --python /usr/bin/python3 /srv/two
VIRTUAL_ENV=/srv/two $uv pip install demo-lib==1.0 uv-app
rm -rf /srv/installers /srv/pips`,
    }
    const image = join(scratch, 'image')
    const path = `${image}.d/pypi.cdx.json`
    const ran = await run(image, install)
    succeeds(t, ran)
    const text = readFileSync(path, 'utf8')
    const receipt = read(path)
    t.same(names(receipt.components), [
      'demo-app 1.0',
      'demo-lib 1.0',
      'demo-lib 2.1',
      'other-lib 2.0',
      'sdist-app 1.0',
      'uv-app 1.0',
    ])
    t.same(others(receipt), ['build-helper 4.0', 'demo-lib 3.0'])
    t.same(
      receipt.components.map(({ name, externalReferences: [source] }) => `${name} ${urls.indexOf(source?.url ?? '')}`),
      // pip takes the last of equal files.
      ['demo-app 0', 'demo-lib 0', 'demo-lib 0', 'other-lib 1', 'sdist-app 0', 'uv-app 1'],
      'each with the mirror that it came from',
    )

    makeWheels(first, [wheel('other-lib', '2.5'), wheel('build-helper', '5.0')])
    makeWheels(second, [wheel('uv-app', '1.1')])
    for (const folder of [first, second]) sortIntoMirror(folder)
    // The second stands for PyPI: a lock asks it as well, and the log says so.
    const mirrors = join(scratch, 'mirrors.ini')
    writeFileSync(mirrors, `[first]\nurl = ${urls[0]}\n[official]\nurl = ${urls[1]}\n`)
    const online = { DIB_OFFLINE: undefined, DIB_PYPI_MIRRORS: mirrors, DIB_PYPI_LOCK: path }
    const again = await run(image, { ...install, environment: online })
    succeeds(t, again)
    t.ok(ownLines(again.log).includes('the build asks PyPI too'))
    t.equal(
      readFileSync(path, 'utf8'),
      text,
      'though the mirrors have newer releases, and the lock was where the receipt goes',
    )
  },
)

t.test('pip 9 and easy_install: what they install is found in the image', async (t) => {
  const scratch = scratchFolder(t)
  const served = join(scratch, 'served')
  makeWheels(served, [wheel('demo-app', '1.0', ['demo-lib']), wheel('demo-lib', '2.1')])
  makeSdists(served, [wheel('setup-helper', '3.0')])
  sortIntoMirror(served)
  const server = await serveMirror(t, served)
  const image = join(scratch, 'image')
  const ran = await run(image, {
    root: await oldRoot(),
    environment: { DIB_PYPI_MIRROR_URL: `http://127.0.0.1:${server.port}/simple` },
    withInstallers: true,
    inChroot: `
export PYTHONPATH=/srv/installers/setuptools-old
PYTHONPATH=${wheelInImage('9.0.3')}:$PYTHONPATH python2.7 -m pip install --prefix /srv/one demo-app
mkdir /srv/project && cd /srv/project
printf 'from setuptools import setup\\nsetup(name="x", version="1", setup_requires=["setup-helper"])\\n' >setup.py
python2.7 setup.py --version
rm -rf /srv/installers /srv/pips`,
  })
  succeeds(t, ran)
  const receipt = read(`${image}.d/pypi.cdx.json`)
  t.same(names(receipt.components), ['demo-app 1.0', 'demo-lib 2.1', 'setup-helper 3.0'])
  t.same(others(receipt), [])
})

t.test('a lock that cannot be used ends the build before anything is mounted', async (t) => {
  const scratch = scratchFolder(t)
  const [requirements, lock] = [join(scratch, 'requirements.txt'), join(scratch, 'lock.json')]
  writeFileSync(requirements, 'demo-app==1.0\n')
  const arrivals = ['demo-app', 'demo-lib'].map((project) => ({
    project,
    name: `${project}-1.0.tar.gz`,
    sha256: 'a'.repeat(64),
    size: 3,
    mirror: 'http://mirror.example',
  }))
  const caller = { uid: 0, gid: 0, groups: [], umask: 0o022 }
  mkdirSync(join(scratch, 'nothing'))
  writeReceipt({ path: lock, caller, partitions: [] }, arrivals, join(scratch, 'nothing'))
  mkdirSync(localMirror(scratch), { recursive: true })
  const cases: readonly (readonly [path: string, error: string])[] = [
    [
      requirements,
      `DIB_PYPI_LOCK is ${requirements}, which is not a receipt: it is not JSON; name a pypi.cdx.json that a build with DIB_PYPI_RECEIPT=1 wrote`,
    ],
    [
      lock,
      `DIB_PYPI_LOCK: no server is asked, and 2 files of the lock are not in ${localMirror(scratch)}: demo-app-1.0.tar.gz, demo-lib-1.0.tar.gz; copy them there, or build online`,
    ],
  ]
  for (const [path, error] of cases) {
    const ran = await run(join(scratch, 'image'), { root: await muslRoot(), environment: { DIB_PYPI_LOCK: path } })
    t.not(ran.status, 0)
    t.same(errorsOf(ran), [`pypi: error: ${error}`], 'in one line', { log: ran.log.slice(-2000) })
    t.same(ran.mounted, ['/proc'], 'nothing of ours is mounted')
  }
})

t.test('where there is no space for a receipt, the build ends with an error that says where', async (t) => {
  const scratch = scratchFolder(t)
  const image = join(scratch, 'image')
  const folder = `${image}.d`
  const ran = await run(image, {
    root: await muslRoot(),
    // A file system of the build's own namespace, without a free page.
    prepare: `mkdir ${folder}; mount -t tmpfs -o size=4k tmpfs ${folder}; echo >${folder}/full; chmod 0777 ${folder}`,
  })
  t.not(ran.status, 0)
  t.same(errorsOf(ran), [
    `pypi: error: DIB_PYPI_RECEIPT: ${folder}/pypi.cdx.json cannot be written: no space is left there`,
  ])
})

t.test("what is mounted in an image is not looked into, unless it is a partition of the image's", async (t) => {
  for (const [partitions, expected] of [
    ['/', undefined],
    ['/|/srv/data', '1 package in the image did not come through the relay, and is not in the receipt'],
  ] as const) {
    const ran = await run(join(scratchFolder(t), 'image'), {
      root: await muslRoot(),
      environment: { DIB_MOUNTPOINTS: partitions },
      finalise: `mkdir -p $ROOT/srv/data
mount -t tmpfs tmpfs $ROOT/srv/data
mkdir $ROOT/srv/data/demo-1.0.dist-info`,
    })
    succeeds(t, ran)
    t.equal(
      ownLines(ran.log).find((line) => line.includes('did not come through')),
      expected,
    )
  }
})

t.test('a build whose image is not clean leaves no receipt', async (t) => {
  const image = join(scratchFolder(t), 'image')
  const ran = await run(image, { root: await muslRoot(), finalise: 'mkdir $ROOT/tmp/.pypi-cache' })
  t.match(errorsOf(ran), [/^pypi: error: the image is not clean: /])
  t.notOk(existsSync(`${image}.d`))
})

t.test("a receipt is the caller's file, written with the caller's rights and no more", async (t) => {
  const scratch = scratchFolder(t)
  chmodSync(scratch, 0o755)
  const [own, rootsOwn] = [join(scratch, 'own'), join(scratch, 'of-root')]
  mkdirSync(own, { mode: 0o700 })
  chownSync(own, 4321, 4322)
  mkdirSync(rootsOwn)
  const image = join(scratch, 'image')
  mkdirSync(join(image, 'demo-1.0.dist-info'), { recursive: true, mode: 0o700 })
  const caller = { uid: 4321, gid: 4322, groups: [4322], umask: 0o027 }
  const write = (folder: string): string => {
    const path = join(folder, 'new', 'pypi.cdx.json')
    writeReceipt({ path, caller, partitions: [] }, [], image)
    return path
  }
  const { uid, gid, mode } = statSync(write(own))
  t.same([uid, gid, mode & 0o777], [4321, 4322, 0o640])
  t.throws(() => write(rootsOwn), { name: 'UserError', message: /cannot be written: EACCES/ })
  t.same(readdirSync(rootsOwn), [])
  t.equal(process.geteuid?.(), 0, 'root is root again')
  t.equal(process.umask(), 0o022)
})
