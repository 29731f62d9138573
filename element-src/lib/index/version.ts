import { archive, normaliseName } from './distribution-file.js'

// PEP 440, Appendix B, in small letters and with `_` for the `-` and `+` that old wheels' names cannot hold.
const versionForm =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|beta|preview|pre|rc|a|b|c)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(?:post|rev|r)[-_.]?(\d*)())?(?:[-_.]?dev[-_.]?(\d*)())?(?:[+_]([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/

const phases: Readonly<Record<string, string>> = { alpha: 'a', beta: 'b', c: 'rc', pre: 'rc', preview: 'rc' }

const plain = (digits: string): string => digits.replace(/^0+(?=\d)/, '')

/**
 * A version as PEP 440 normalises it ("Normalization"), so that each installer's way to write one is the same text.
 *
 * @param version As a file's name or an installed distribution has it.
 * @returns The version; where PEP 440 does not know such a one, what was given, in small letters and without `_`.
 */
export const normaliseVersion = (version: string): string => {
  // Most are normal as they are, and a page can have thousands.
  if (/^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))*$/.test(version)) return version
  const found = versionForm.exec(version.trim().toLowerCase())
  if (found === null) return version.trim().toLowerCase().replace(/_/g, '-')
  const [, epoch, release = '', phase, pre = '', implicitPost, post = '', hasPost, dev = '', hasDev, local] = found
  return [
    epoch === undefined || Number(epoch) === 0 ? '' : `${plain(epoch)}!`,
    release.split('.').map(plain).join('.'),
    phase === undefined ? '' : `${phases[phase] ?? phase}${plain(pre || '0')}`,
    implicitPost === undefined && hasPost === undefined ? '' : `.post${plain(implicitPost || post || '0')}`,
    hasDev === undefined ? '' : `.dev${plain(dev || '0')}`,
    local === undefined ? '' : `+${local.replace(/[-_]/g, '.')}`,
  ].join('')
}

/** What PEP 440 takes for one version has one key: `1.0` and `1.0.0` have. */
export const versionKey = (version: string): string =>
  normaliseVersion(version).replace(/^((?:\d+!)?\d+(?:\.\d+)*?)(?:\.0+)+(?![.\d]*\d)/, '$1')

/**
 * The version in the name of a wheel, an sdist or an egg.
 *
 * @param project The project's name, normalised: in an old sdist's name, `-` stands in names and in versions as well.
 * @returns It, normalised; undefined if the file is none of the project's.
 */
export const versionOf = (file: string, project: string): string | undefined => {
  const stem = file.replace(archive, '')
  for (let dash = stem.indexOf('-', 1); dash > 0; dash = stem.indexOf('-', dash + 1)) {
    if (normaliseName(stem.slice(0, dash)) !== project) continue
    const rest = stem.slice(dash + 1)
    const version = /\.(?:whl|egg)$/i.test(file) ? (rest.split('-')[0] ?? '') : rest
    return version === '' ? undefined : normaliseVersion(version)
  }
  return undefined
}
