import { execFileSync } from 'node:child_process'

/** The names of what the element may never leave in an image. */
const ours = /^\.\/(?:root\/(?:\.pip(?:\/.*)?|\.pydistutils\.cfg|\.config\/pip(?:\/.*)?)|tmp\/\.?pypi.*)$/

/**
 * Looks for mirror configuration in an image.
 *
 * @param tarball The image, as a tarball; its own root must have had no configuration of pip's.
 * @returns The entries that should not be there.
 */
export const lookForTraces = (tarball: string): readonly string[] =>
  execFileSync('tar', ['-tf', tarball], { encoding: 'utf8', maxBuffer: 1 << 28 })
    .split('\n')
    .filter((name) => ours.test(name.replace(/\/$/, '')))
