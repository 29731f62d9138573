import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { localMirror, scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { makeWheels } from '../support/servers/mirror.js'

needsRoot(t)

const environment = {
  DIB_PYPI_RELAY: 'never',
  DIB_PYPI_MIRROR_URL: 'https://user:secret@mirror.example/simple',
  DIB_OFFLINE: '1',
}

/** Runs a program as a user that the image has for nothing else. */
const asUser = 'setpriv --reuid 4321 --regid 4321 --clear-groups'

/** Hooks of another element on the host that try, as another user, to read what every user of the image may. */
const tryOnHost = (when: string, name: string): string => `
cat >"$ROOT/../hooks/extra-data.d/${name}" <<'END'
#!/bin/sh
${asUser} cat "$TMP_MOUNT_PATH/etc/hostname.test" && echo '${when}: read' || echo '${when}: denied'
END
chmod 0755 "$ROOT/../hooks/extra-data.d/${name}"`

t.test("users of the host cannot look into the build, and the image's own users read the mirrors", async (t) => {
  const scratch = scratchFolder(t)
  chmodSync(scratch, 0o755)
  const ran = await runPhases(scratch, {
    environment,
    prepare: `chmod 0755 "$ROOT/../.."
echo test >"$ROOT/etc/hostname.test"
mkdir -p "$ROOT/srv/pip" "$ROOT/other"
${tryOnHost('before', '00-before')}${tryOnHost('after', '50-after')}`,
    inChroot: `
for options in '' --isolated; do
    ${asUser} python3 -m pip $options config list | sed "s|^|user $options: |"
done
HOME=/other python3 -m pip config list | sed 's|^|other home: |'
python3 -m pip --isolated config list | sed 's|^|root, isolated: |'
${asUser} cat /etc/xdg/uv/uv.toml | sed 's|^|uv: |'
${asUser} cat /root/.pip/pip.conf || echo "root's own is root's"
stat -c '%a %n' /etc/xdg/pip /etc/xdg/pip/pip.conf /etc/xdg/uv /etc/xdg/uv/uv.toml /tmp/.pypi-cache /root/.pydistutils.cfg`,
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.match(ran.log, /^before: read$/m, 'on tmpfs, the build folder is open to every user of the host')
  t.match(ran.log, /^after: denied$/m, 'and the element closes it')
  for (const who of ['user ', 'user --isolated', 'other home', 'root, isolated']) {
    const line = `${who}: global.index-url='https://user:secret@mirror.example/simple'`
    t.ok(ran.log.split('\n').includes(line), `${who}: pip has the mirror`, { log: ran.log })
  }
  t.match(ran.log, /^uv: index-url = "https:\/\/user:secret@mirror\.example\/simple"$/m)
  t.match(ran.log, /^root's own is root's$/m)
  for (const line of [
    '755 /etc/xdg/pip',
    '644 /etc/xdg/pip/pip.conf',
    '755 /etc/xdg/uv',
    '644 /etc/xdg/uv/uv.toml',
    '700 /tmp/.pypi-cache',
    '600 /root/.pydistutils.cfg',
  ])
    t.ok(ran.log.split('\n').includes(line), line)
  t.same(ran.differences, [])
})

t.test("where environment.d gives hooks another home, root's installers read the mirrors there", async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    environment,
    prepare: `mkdir -p "$ROOT/srv/home/.config/pip" "$ROOT/../hooks/environment.d"
printf '[global]\\nindex-url = http://127.0.0.1:1/own\\n' >"$ROOT/srv/home/.config/pip/pip.conf"
echo 'export HOME=/srv/home' >"$ROOT/../hooks/environment.d/50-home"`,
    inChroot: `export HOME=/srv/home
python3 -m pip config get global.index-url
cat ~/.pydistutils.cfg
cat ~/.config/uv/uv.toml`,
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.match(ran.log, /^https:\/\/user:secret@mirror\.example\/simple$/m)
  t.match(ran.log, /^index_url = https:\/\/user:secret@mirror\.example\/simple$/m)
  t.match(ran.log, /^index-url = "https:\/\/user:secret@mirror\.example\/simple"$/m)
  t.same(ran.differences, [])
})

t.test(
  'a home of environment.d that the image does not have yet is named, and another element can create it',
  async (t) => {
    const ran = await runPhases(scratchFolder(t), {
      environment,
      prepare: `mkdir -p "$ROOT/../hooks/environment.d"
echo 'export HOME=/srv/home' >"$ROOT/../hooks/environment.d/50-home"`,
      inChroot: `export HOME=/srv/home
mkdir /srv/home
python3 -m pip config --global get global.index-url
cat ~/.pydistutils.cfg || echo 'none for easy_install'
rmdir /srv/home`,
    })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
    t.match(
      ran.log,
      /^pypi: warning: HOME is \/srv\/home, which the image does not have yet\. .*easy_install.*create the folder in root\.d$/m,
    )
    t.match(ran.log, /^https:\/\/user:secret@mirror\.example\/simple$/m, 'pip reads the system-wide file')
    t.match(ran.log, /^none for easy_install$/m)
    t.same(ran.differences, ['/srv: time'], "the other element's mkdir and rmdir")
  },
)

t.test("an image without root's home has it while it is built, and no warning", async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    environment: { ...environment, DIB_PYPI_MIRROR_URL: 'file:///srv' },
    prepare: 'rm -r "$ROOT/root"',
    inChroot: 'cat /root/.pydistutils.cfg',
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.match(ran.log, /^index_url = file:\/\/\/srv$/m)
  t.notMatch(ran.log, /^pypi: warning: HOME/m)
  t.same(ran.differences, [])
})

t.test('a umask of the host that closes everything closes nothing to the users of the image', async (t) => {
  const scratch = scratchFolder(t)
  chmodSync(scratch, 0o755)
  makeWheels(localMirror(scratch), [{ name: 'demo', version: '1.0', text: '' }])
  // As sudo hands it on from a login of a hardened host.
  writeFileSync(join(scratch, 'umask.sh'), 'umask 077\n')
  const ran = await runPhases(scratch, {
    environment: { DIB_OFFLINE: '1', BASH_ENV: join(scratch, 'umask.sh') },
    // The root is made by this very umask; dib's own is another's.
    prepare: 'rm -rf "$ROOT/etc/xdg"; chmod 0755 "$ROOT"',
    inChroot: `stat -c '%a %n' /etc/xdg /etc/xdg/pip /etc/xdg/pip/pip.conf /tmp/pypi-index /tmp/pypi-index/demo
mkdir -p -m 0777 /tmp/of-user && chmod 0777 /tmp/of-user
cd /tmp/of-user && HOME=/tmp/of-user ${asUser} python3 -m pip download --no-cache-dir demo
rm -rf /tmp/of-user`,
  })
  t.equal(ran.status, 0, "another user's pip finds the mirror, and the package in it", { log: ran.log.slice(-3000) })
  for (const line of ['755 /etc/xdg', '755 /etc/xdg/pip', '644 /etc/xdg/pip/pip.conf', '755 /tmp/pypi-index/demo'])
    t.ok(ran.log.split('\n').includes(line), line)
  t.same(ran.differences, [])
})
