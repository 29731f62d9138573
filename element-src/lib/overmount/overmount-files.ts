import { mkdirSync, readFileSync, rmdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run } from '../hook/command.js'
import { HookError, tolerate } from '../hook/error.js'
import { modificationTime } from '../image/modification-time.js'
import type { ConfigFile } from '../installers/config-files.js'
import { mountArguments } from '../mount/fstab.js'
import type { OvermountedFile, State } from '../stage/state.js'
import { findMountTarget, type MountTarget } from './mount-target.js'

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)]

/**
 * Lays files of ours over the image's, by bind mounts: the image's own are not touched. Where the image has none, an empty
 * stub is made for the mount to lie on. It runs in the chroot, as root.
 *
 * @param folder The staged folder, in the image, writable.
 * @param mountCommand mount(8), with what goes before it.
 * @param files The files. Of two that are one file in the image, the first is laid.
 * @returns What was done, for cleanup.d to undo.
 * @throws HookError where the image has something else at a file's place, or a laid file does not read as it was written.
 *   What was made is removed again.
 */
export const overmountFiles = (
  folder: string,
  mountCommand: readonly [string, ...string[]],
  files: readonly ConfigFile[],
): Omit<State, 'verbose'> => {
  const places = new Map<string, { place: MountTarget; file: ConfigFile }>()
  for (const file of files) {
    const place = findMountTarget(file.path)
    if (!places.has(place.path)) places.set(place.path, { place, file })
  }
  const all = [...places.values()]
  const madeFolders = unique(all.flatMap(({ place }) => place.missingFolders))
  const stubs = all.filter(({ place }) => !place.exists)
  const folders = unique([...madeFolders, ...stubs.map(({ place }) => place.path)].map((path) => dirname(path)))
    .filter((path) => !madeFolders.includes(path))
    .map((path) => ({ path, before: modificationTime(path) }))

  const laid = all.map(({ place, file: { source, format, content } }): OvermountedFile => {
    writeFileSync(join(folder, source), content, { mode: 0o600 })
    const isEmpty = !place.exists || statSync(place.path).size === 0
    return { path: place.path, source, format, content, isStub: !place.exists, isEmpty }
  })
  try {
    for (const path of madeFolders) mkdirSync(path, { mode: 0o755 })
    for (const { place } of stubs) writeFileSync(place.path, '', { mode: 0o600, flag: 'wx' })
    const touchedFolders = folders.map(({ path, before }) => ({ path, before, after: modificationTime(path) }))

    const mounts = laid.map(({ path, source }) => ({ source: join(folder, source), target: path, isReadOnly: false }))
    const [program, ...args] = mountCommand
    run(program, [...args, ...mountArguments(folder, mounts)])
    for (const { path, content } of laid) {
      if (readFileSync(path, 'utf8') !== content) {
        throw new HookError(
          `${path} in the image does not read as it was laid: is /proc mounted in the image, as dib mounts it?`,
        )
      }
    }
    return { laid, madeFolders, touchedFolders }
  } catch (error) {
    // What a mount lies on stays: dib unmounts it, and deletes the whole root.
    for (const { place } of stubs) tolerate(['ENOENT', 'EBUSY'], () => unlinkSync(place.path))
    for (const path of [...madeFolders].reverse()) tolerate(['ENOENT', 'ENOTEMPTY', 'EBUSY'], () => rmdirSync(path))
    throw error
  }
}
