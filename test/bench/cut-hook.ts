/** How far a hook goes. */
export type Extent = 'launcher' | 'bundle' | 'whole'

/** All of these. */
export const extents = ['launcher', 'bundle', 'whole'] as const

/**
 * A hook that ends early.
 *
 * @param text The hook.
 * @param extent Whether it ends before its JavaScript, before that does anything, or not at all.
 * @throws Error where the hook is not made as hooks are: sh in a comment, JavaScript whose last statement is runHook.
 */
export const cutHook = (text: string, extent: Extent): string => {
  if (extent === 'whole') return text
  const end = extent === 'launcher' ? text.indexOf('\n*/\n') + '\n*/\n'.length : text.lastIndexOf('\nrunHook(') + 1
  if (end < 4) throw new Error(`a hook has no end of its ${extent}`)
  return text.slice(0, end)
}
