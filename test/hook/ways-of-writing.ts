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

/** bash that makes the image at $1 what a way begins with. */
const prepare = (hasFiles: boolean): string =>
  Object.entries(paths)
    .map(([path, format]) => {
      const { own, new: renewed, added } = texts[format]
      const quote = (text: string): string => `'${text.replaceAll('\n', '\\n')}'`
      return `
printf ${quote(renewed)} >"$1/srv/${format}.new"; printf ${quote(added)} >"$1/srv/${format}.added"
chmod 0644 "$1/srv/${format}.new"; touch -d @1000000000 "$1/srv/${format}.new"
${
  hasFiles
    ? `mkdir -p "$1${dirname(path)}"; printf ${quote(own)} >"$1${path}"; chmod 0644 "$1${path}"
echo old >"$1${dirname(path)}/old.conf"; ln -s old.conf "$1${dirname(path)}/link"`
    : ''
}`
    })
    .join('\n')

/** sh that writes in one way at each of its paths, and shows the exit status of each. */
const writeEverywhere = ({ script, at }: Case): string =>
  at
    .map(
      (path) => `
folder=${dirname(path)} file=${path} new=/srv/${paths[path]}.new added=/srv/${paths[path]}.added
mkdir -p "$folder"
status=0; (${script}) || status=$?
echo "status: $file $status"`,
    )
    .join('\n')

const statuses = (log: string): readonly string[] => log.match(/^status: .*$/gm) ?? []
const entriesOf = (ran: RanPhases, folder = ''): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(kept.map((path) => [path, ran.keptEntry(folder + path)]))

/** A way, where it writes, and whether the image has files for it. */
interface Case {
  readonly way: string
  readonly script: string
  readonly at: readonly string[]
  readonly hasFiles: boolean
}

const pipConfig: Case = {
  way: 'pip config',
  // It knows its files by itself.
  script: 'python3 -m pip config set global.timeout 60; python3 -m pip config --global set install.user no',
  at: ['/root/.pip/pip.conf'],
  hasFiles: true,
}
const cases: readonly Case[] = [
  ...Object.entries(ways).flatMap(([way, { script, needsFile = false }]) =>
    (needsFile ? [true] : [true, false]).map((hasFiles) => ({ way, script, at: Object.keys(paths), hasFiles })),
  ),
  pipConfig,
]

const controlFolder = (index: number): string => `/srv/control-${index}`

/** All ways without the element, where they need no root each: one after the other, each in an image as it was before. */
const controls = await (async () => {
  const scratch = scratchFolder(t)
  const none = join(scratch, 'none')
  for (const phase of ['extra-data.d', 'pre-install.d', 'cleanup.d']) mkdirSync(join(none, phase), { recursive: true })
  const folders = Object.keys(paths).map((path) => dirname(path))
  return runPhases(scratch, {
    element: none,
    inChroot: cases
      .map(
        (one, index) => `echo "== ${index}"
set --; ${prepare(one.hasFiles).replaceAll('$1', '')}
${writeEverywhere(one)}
mkdir ${controlFolder(index)}
for path in ${kept.join(' ')} /etc/pip.conf; do
    [ -e $path ] || [ -L $path ] || continue
    mkdir -p ${controlFolder(index)}$(dirname $path); cp -a --no-target-directory $path ${controlFolder(index)}$path
done
rm -rf ${folders.join(' ')} /etc/pip.conf`,
      )
      .join('\n'),
    keep: cases.map((_, index) => controlFolder(index)),
    compare: false,
  })
})()
t.equal(controls.status, 0, 'each way ends without the element', { log: controls.log })

/** Runs a way with the element, and says that it ends as the same way did without it. */
const runCase = async (t: Test, one: Case): Promise<readonly [without: string, ran: RanPhases]> => {
  const index = cases.indexOf(one)
  const where = one.hasFiles ? 'on files of the image' : 'where the image has none'
  const ran = await runPhases(scratchFolder(t), {
    environment: {
      DIB_PYPI_RELAY: 'never',
      DIB_PYPI_MIRROR_URL: 'https://user:secret@mirror.example/simple',
      DIB_OFFLINE: '1',
    },
    prepare: `set -- "$ROOT"\n${prepare(one.hasFiles)}`,
    inChroot: writeEverywhere(one),
    keep: [...kept, '/etc/pip.conf'],
    compare: false,
  })
  const without = statuses(controls.log.split(`== ${index}\n`)[1]?.split('\n== ')[0] ?? '')
  t.equal(ran.status, 0, where, { log: ran.log })
  t.same(
    without,
    one.at.map((path) => `status: ${path} 0`),
    `without the element it succeeds ${where}`,
  )
  t.same(statuses(ran.log), without, `the same exit status ${where}`, { log: ran.log })
  return [controlFolder(index), ran]
}

for (const way of Object.keys(ways)) {
  t.test(`${way} ends as without the element, and leaves the same files`, async (t) => {
    for (const one of cases.filter((candidate) => candidate.way === way)) {
      const [without, ran] = await runCase(t, one)
      t.same(
        entriesOf(ran),
        entriesOf(controls, without),
        `the same files ${one.hasFiles ? 'on files of the image' : 'where the image has none'}`,
      )
    }
  })
}

/** pip drops comments where it writes, and ends with an empty line. */
const withoutComments = (text: string | undefined): string | undefined => text?.replace(/#.*\n|\n+$/g, '')

t.test('pip config writes where it does without the element', async (t) => {
  const [without, ran] = await runCase(t, pipConfig)
  for (const path of ['/root/.config/pip/pip.conf', '/etc/pip.conf', '/etc/xdg/pip/pip.conf'])
    t.equal(withoutComments(ran.keptEntry(path)), withoutComments(controls.keptEntry(without + path)), path)
})
