import type { Environment } from '../base/environment.js'

/**
 * Warns of variables that override the configuration which is mounted over the image's.
 *
 * @param environment The environment that hooks in the chroot have.
 * @param effects What each variable does to the mirrors.
 * @returns A line for each that is set.
 */
export const variableWarnings = (
  environment: Environment,
  effects: Readonly<Record<string, string>>,
): readonly string[] =>
  Object.entries(effects)
    .filter(([name]) => environment[name])
    .map(([name, effect]) => `${name} is set in the build's environment: ${effect}; unset it`)
