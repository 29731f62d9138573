import { join } from 'node:path'
import t, { type Test } from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { makeMirror } from '../support/servers/mirror.js'
import { documented, inText } from '../support/servers/recipes.js'
import { serveMirror } from '../support/servers/server.js'

needsRoot(t)

/** Serves two packages, the first of which needs the second, and which say where they are from. Its URL is the answer. */
const serve = async (t: Test, folder: string, from: string, version: string): Promise<string> => {
  const text = `print("${from}")`
  makeMirror(folder, [
    { name: 'demo-app', version, text, requirements: ['demo-lib'] },
    { name: 'demo-lib', version, text },
  ])
  const { port } = await serveMirror(t, folder)
  return `http://127.0.0.1:${port}/simple`
}

/** bash: `say NAME COMMAND...` says where demo-app and demo-lib are from that a command installs into /tmp/at. */
const functions = `
say() {
    rm -rf /tmp/at .venv
    if "\${@:2}" >/tmp/said 2>&1; then
        echo "by $1:" $(PYTHONPATH=/tmp/at python3 -c 'import demo_app, demo_lib')
    else
        echo "by $1: failed, $(grep ^error: /tmp/said)"
    fi
}
with_pip() { python3 -m pip install --target /tmp/at "$@"; }
with_uv() { /srv/installers/uv-new/uv pip install --python /usr/bin/python3 --target /tmp/at "$@"; }
sync() { /srv/installers/uv-new/uv sync --python /usr/bin/python3 "$@" && mkdir /tmp/at && cp .venv/lib/python3*/site-packages/demo_*.py /tmp/at; }
project() {
    mkdir "/srv/$1"
    cd "/srv/$1"
    printf '[project]\\nname = "x"\\nversion = "1"\\nrequires-python = ">=3.8"\\ndependencies = ["%s"]\\n' "$2" >pyproject.toml
    printf "$3" >>pyproject.toml
}
`

t.test('who names an index goes past the mirrors, as far as docs/installers.md says', async (t) => {
  const scratch = scratchFolder(t)
  const start = (name: string, version: string): Promise<string> => serve(t, join(scratch, name), name, version)
  const [mirror, further] = [await start('mirror', '2.0'), await start('further', '1.0')]
  // A newer and an older index than both, and one with the same version as the further mirror.
  const [newer, older, twin] = [await start('newer', '3.0'), await start('older', '0.5'), await start('twin', '1.0')]
  const wheel = `${newer}/demo-app/demo_app-3.0-py2.py3-none-any.whl`
  const index = `[[tool.uv.index]]\\nurl = "${older}"\\n`
  const ran = await runPhases(scratch, {
    compare: false,
    environment: { DIB_OFFLINE: '1', DIB_PYPI_MIRROR_URL: mirror, DIB_PYPI_MIRROR_URL_1: further },
    withInstallers: true,
    // pipenv and pdm themselves are not run: these say what they are given.
    prepare: `cd $ROOT/usr/local/bin
printf '#!/bin/sh\\necho "by \${0##*/} $1: $PIPENV_PYPI_MIRROR$PDM_PYPI_URL"\\n' | tee pipenv >pdm
chmod 755 pipenv pdm`,
    inChroot: `bash -s <<'END'
${functions}
say '-i' with_pip -i ${newer} demo-app
say '-i of an older index' with_pip -i ${older} demo-app
printf -- '--index-url ${older}\\ndemo-app\\n' >/tmp/requirements.txt
say '--index-url in a file' with_pip -r /tmp/requirements.txt
printf -- '--extra-index-url ${older}\\ndemo-app\\n' >/tmp/requirements.txt
say '--extra-index-url of an older index in a file' with_pip -r /tmp/requirements.txt
say 'a direct URL' with_pip ${wheel}
printf '[global]\\nindex-url = ${newer}\\n' >/tmp/pip.conf
PIP_CONFIG_FILE=/tmp/pip.conf say 'PIP_CONFIG_FILE with an index in [global]' with_pip demo-app
printf '[install]\\nindex-url = ${newer}\\n' >/tmp/pip.conf
PIP_CONFIG_FILE=/tmp/pip.conf say 'PIP_CONFIG_FILE with an index in [install]' with_pip demo-app
printf '[global]\\ntimeout = 11\\n' >/tmp/pip.conf
PIP_CONFIG_FILE=/tmp/pip.conf say 'PIP_CONFIG_FILE without one' with_pip demo-app
echo "by PIP_CONFIG_FILE=/dev/null: $(PIP_CONFIG_FILE=/dev/null python3 -m pip config get global.index-url 2>&1)"
say 'a direct URL, uv' with_uv ${wheel}

project more 'demo-app<2' '${index}'
say 'a further index of a project' sync
say 'the same, uv pip' with_uv -r pyproject.toml
project default 'demo-app<2' '${index}default = true\\n'
say 'the default index of a project' sync
say 'the same with --default-index' sync --default-index ${further}
project old-key 'demo-app<2' '[tool.uv]\\nindex-url = "${older}"\\n'
say 'index-url of a project' sync
project explicit demo-app '${index}name = "older"\\nexplicit = true\\n[tool.uv.sources]\\ndemo-app = { index = "older" }\\n'
say 'an explicit index of a project' sync

project locked demo-app ''
/srv/installers/uv-new/uv lock -q --no-config --default-index ${twin}
say '--locked' sync --locked
say '--frozen' sync --frozen
say '--locked with --default-index' sync --locked --default-index ${twin}
say 'uv export' bash -euc '${documented('installers.md', 'A uv lock that names another index', 0, {
      'uv export': '/srv/installers/uv-new/uv export -q',
      'uv pip install': '/srv/installers/uv-new/uv pip install --python /usr/bin/python3 --target /tmp/at',
    })}'
say 'uv sync' sync
${inText('installers.md', /`(PIPENV_PYPI_MIRROR=.*? pipenv install)`/)}
${inText('installers.md', /`(PDM_PYPI_URL=.*? pdm install)`/)}
echo "its lock: $(grep -o 'http://[^/]*/simple"' uv.lock | sort -u)"
END`,
    finalise: `echo "in finalise.d: $(chroot "$ROOT" python3 -m pip config list)"`,
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-3000) })
  t.same(ran.log.match(/^(?:by|its lock|in finalise\.d).*$/gm), [
    'by -i: newer newer',
    'by -i of an older index: further further',
    'by --index-url in a file: older older',
    'by --extra-index-url of an older index in a file: mirror mirror',
    'by a direct URL: newer mirror',
    'by PIP_CONFIG_FILE with an index in [global]: mirror mirror',
    'by PIP_CONFIG_FILE with an index in [install]: newer newer',
    'by PIP_CONFIG_FILE without one: mirror mirror',
    'by PIP_CONFIG_FILE=/dev/null: ERROR: No such key - global.index-url',
    'by a direct URL, uv: newer mirror',
    'by a further index of a project: further mirror',
    'by the same, uv pip: further mirror',
    'by the default index of a project: older mirror',
    'by the same with --default-index: further mirror',
    'by index-url of a project: older mirror',
    'by an explicit index of a project: older mirror',
    'by --locked: failed, error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.',
    'by --frozen: twin twin',
    'by --locked with --default-index: twin twin',
    'by uv export: further further',
    'by uv sync: further further',
    `by pipenv install: ${mirror}`,
    `by pdm install: ${mirror}`,
    `its lock: ${further}"`,
    'in finalise.d: ',
  ])
})
