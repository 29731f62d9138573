import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { type RanPhases, runPhases } from '../support/builds/run-phases.js'

needsRoot(t)

/** The files in folders that are an installer's alone, and in which format they are. */
const paths: Readonly<Record<string, 'pip' | 'uv'>> = {
  '/root/.pip/pip.conf': 'pip',
  '/root/.config/pip/pip.conf': 'pip',
  '/root/.config/uv/uv.toml': 'uv',
  '/etc/xdg/pip/pip.conf': 'pip',
  '/etc/xdg/uv/uv.toml': 'uv',
}

/** What the image's own files say, what a hook makes of them, and what it adds. */
const texts = {
  pip: { own: '# own\n[global]\ntimeout = 7\n', new: '[global]\ntimeout = 60\n', added: '[list]\nformat = columns\n' },
  uv: { own: '# own\nno-progress = true\n', new: 'no-progress = false\n', added: 'native-tls = true\n' },
} as const

/**
 * How programs write a file, as sh: $file is to become what $new is, or to get $added. Where only a file that is there can
 * be written that way, an image without it is not tried.
 */
const ways: Readonly<Record<string, { readonly script: string; readonly needsFile?: boolean }>> = {
  cp: { script: 'cp "$new" "$file"' },
  'cp -p': { script: 'cp -p "$new" "$file"' },
  tee: { script: 'tee "$file" <"$new"' },
  '>>': { script: 'cat "$added" >>"$file"' },
  'install -D': { script: 'install -D -m 0640 -o 12 "$new" "$file"' },
  mv: { script: 'cp -p "$new" /srv/moved; mv /srv/moved "$file"' },
  'sed -i': {
    script: 'sed -i "s/timeout = 7/timeout = 8/; s/progress = true/progress = false/" "$file"',
    needsFile: true,
  },
  'sed -i.bak': {
    script: 'sed -i.bak "s/timeout = 7/timeout = 8/; s/progress = true/progress = false/" "$file"',
    needsFile: true,
  },
  'ln -sf': { script: 'ln -sf "$new" "$file"' },
  tar: {
    script:
      'mkdir -p "/srv/tree$folder"; cp -p "$new" "/srv/tree$file"; tar -C /srv/tree -c . | tar -C / -x; rm -r /srv/tree',
  },
  'rsync -lCr': {
    script: 'mkdir -p "/srv/tree$folder"; cp -p "$new" "/srv/tree$file"; rsync -lCr /srv/tree/ /; rm -r /srv/tree',
  },
  'a program that keeps the one before': { script: 'mv "$file" "$file.orig"; cp "$new" "$file"', needsFile: true },
  rm: { script: 'rm "$file"', needsFile: true },
  chmod: { script: 'chmod 0600 "$file"; chown 12:34 "$file"', needsFile: true },
  'another file beside it': {
    script: 'cp "$new" "$folder/beside"; mkdir "$folder/sub"; cp -p "$new" "$folder/sub/file"',
  },
  'the folder': { script: 'touch "$folder/other"; chmod 0711 "$folder"', needsFile: true },
}

const kept = Object.keys(paths).flatMap((path) => [
  path,
  ...['.bak', '.orig'].map((ending) => path + ending),
  ...['beside', 'sub', 'sub/file', 'other', 'link', 'old.conf'].map((name) => join(dirname(path), name)),
])

/** Runs one way at all paths, and shows the exit status of each. */
const runWay = (t: Test, script: string, hasFiles: boolean, withElement: boolean): Promise<RanPhases> => {
  const scratch = scratchFolder(t)
  const none = join(scratch, 'none')
  for (const phase of ['extra-data.d', 'pre-install.d', 'cleanup.d']) mkdirSync(join(none, phase), { recursive: true })
  const each = Object.entries(paths).map(
    ([path, format]) => `
folder=${dirname(path)} file=${path} new=/srv/${format}.new added=/srv/${format}.added
mkdir -p "$folder"
status=0; (${script}) || status=$?
echo "status: $file $status"`,
  )
  return runPhases(scratch, {
    environment: {
      DIB_PYPI_RELAY: 'never',
      DIB_PYPI_MIRROR_URL: 'https://user:secret@mirror.example/simple',
      DIB_OFFLINE: '1',
    },
    ...(withElement ? {} : { element: none }),
    prepare: Object.entries(paths)
      .map(([path, format]) => {
        const { own, new: renewed, added } = texts[format]
        const quote = (text: string): string => `'${text.replaceAll('\n', '\\n')}'`
        return `
printf ${quote(renewed)} >"$ROOT/srv/${format}.new"; printf ${quote(added)} >"$ROOT/srv/${format}.added"
chmod 0644 "$ROOT/srv/${format}.new"; touch -d @1000000000 "$ROOT/srv/${format}.new"
${
  hasFiles
    ? `mkdir -p "$ROOT${dirname(path)}"; printf ${quote(own)} >"$ROOT${path}"; chmod 0644 "$ROOT${path}"
echo old >"$ROOT${dirname(path)}/old.conf"; ln -s old.conf "$ROOT${dirname(path)}/link"`
    : ''
}`
      })
      .join('\n'),
    inChroot: each.join('\n'),
    keep: kept,
    compare: false,
  })
}

const statuses = ({ log }: RanPhases): readonly string[] => log.match(/^status: .*$/gm) ?? []

for (const [way, { script, needsFile = false }] of Object.entries(ways)) {
  t.test(`${way} ends as without the element, and leaves the same files`, async (t) => {
    for (const hasFiles of needsFile ? [true] : [true, false]) {
      const [without, withElement] = await Promise.all([
        runWay(t, script, hasFiles, false),
        runWay(t, script, hasFiles, true),
      ])
      const where = hasFiles ? 'on files of the image' : 'where the image has none'
      t.equal(withElement.status, 0, where, { log: withElement.log })
      t.same(
        statuses(without),
        Object.keys(paths).map((path) => `status: ${path} 0`),
        `without the element it succeeds ${where}`,
      )
      t.same(statuses(withElement), statuses(without), `the same exit status ${where}`, { log: withElement.log })
      const entries = (ran: RanPhases): Readonly<Record<string, string | undefined>> =>
        Object.fromEntries(kept.map((path) => [path, ran.keptEntry(path)]))
      t.same(entries(withElement), entries(without), `the same files ${where}`)
    }
  })
}

/** pip drops comments where it writes, and ends with an empty line. */
const withoutComments = (text: string | undefined): string | undefined => text?.replace(/#.*\n|\n+$/g, '')

t.test(`pip config writes where it does without the element`, async (t) => {
  const script = 'python3 -m pip config set global.timeout 60; python3 -m pip config --global set install.user no'
  const [without, withElement] = await Promise.all([runWay(t, script, true, false), runWay(t, script, true, true)])
  t.same(statuses(withElement), statuses(without), 'the same exit status', { log: withElement.log })
  for (const path of ['/root/.config/pip/pip.conf', '/etc/pip.conf', '/etc/xdg/pip/pip.conf'])
    t.equal(withoutComments(withElement.keptEntry(path)), withoutComments(without.keptEntry(path)), path)
})
