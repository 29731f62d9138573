import t from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'

needsRoot(t)

const withMirror = `mkdir -p "$DIB_IMAGE_CACHE/pypi/mirror"`

/** Images that the element cannot serve, as bash that makes them, and what it says. */
const images: Readonly<Record<string, readonly [string, RegExp]>> = {
  'whose pip.conf is a folder': [
    'mkdir -p $ROOT/root/.pip/pip.conf',
    /^pypi: error: \/root\/\.pip\/pip\.conf in the image is not a file, which pip could read: remove it$/m,
  ],
  'whose pip.conf is a FIFO': [
    'mkdir $ROOT/root/.pip; mkfifo $ROOT/root/.pip/pip.conf',
    /^pypi: error: \/root\/\.pip\/pip\.conf in the image is not a file/m,
  ],
  'whose .pydistutils.cfg is a FIFO': [
    'mkfifo $ROOT/root/.pydistutils.cfg',
    /^pypi: error: \/root\/\.pydistutils\.cfg in the image is not a file/m,
  ],
  'whose newer pip.conf is a FIFO': [
    'mkdir -p $ROOT/root/.config/pip; mkfifo $ROOT/root/.config/pip/pip.conf',
    /^pypi: error: \/root\/\.config\/pip\/pip\.conf in the image is not a file/m,
  ],
  'whose uv.toml is a FIFO': [
    'mkdir -p $ROOT/root/.config/uv; mkfifo $ROOT/root/.config/uv/uv.toml',
    /^pypi: error: \/root\/\.config\/uv\/uv\.toml in the image is not a file/m,
  ],
  'whose pip.conf is a device': [
    'mkdir $ROOT/root/.pip; mknod $ROOT/root/.pip/pip.conf c 1 3',
    /^pypi: error: \/root\/\.pip\/pip\.conf in the image is not a file/m,
  ],
  'whose home of root is a file': [
    'rm -r $ROOT/root; touch $ROOT/root',
    /^pypi: error: \/root in the image is not a folder, as the element needs it: remove it in root\.d$/m,
  ],
  'whose .pip is a file': ['touch $ROOT/root/.pip', /^pypi: error: \/root\/\.pip in the image is not a folder/m],
  'whose /tmp/pypi is an absolute link': [
    'ln -s "$DIB_IMAGE_CACHE" $ROOT/tmp/pypi',
    /^pypi: error: \S+\/tmp\/pypi in the image is a symbolic link, which could lead to the host's own files: make it a folder/m,
  ],
  'whose /tmp is a link': [
    'rmdir $ROOT/tmp; ln -s /var $ROOT/tmp',
    /^pypi: error: \S+\/tmp in the image is a symbolic link/m,
  ],
}

for (const [name, [prepare, message]] of Object.entries(images)) {
  t.test(`an image ${name} is refused in one line`, { timeout: 600_000 }, async (t) => {
    const ran = await runPhases(scratchFolder(t), {
      prepare: `${withMirror}\n${prepare}`,
      environment: { DIB_PYPI_MIRROR_URL: 'http://user:secret@mirror.example/' },
    })
    t.not(ran.status, 0)
    t.match(ran.log, message)
    t.equal(ran.log.match(/^pypi: error/gm)?.length, 1)
    t.notMatch(ran.log, /secret| {4}at /)
  })
}
