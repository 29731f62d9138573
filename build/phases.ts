/** How a hook is started: the name of a file in element-src/launcher, without its ending. */
export type Launcher = 'on-host' | 'in-image' | 'on-host-as-root' | 'program'

/**
 * dib's phases that have hooks here, and where dib runs them (dib's documentation, Developing Elements); then the folders of
 * programs that hooks start. dib copies both to $TMP_HOOKS_PATH.
 */
export const launchers: Readonly<Record<string, Launcher>> = {
  'extra-data.d': 'on-host',
  'pre-install.d': 'in-image',
  'cleanup.d': 'on-host-as-root',
  'pypi-relay': 'program',
}
