// What rpm and dpkg call a file that they write beside one which looks changed: the package's, or the one from before.
const ofPackage = ['.rpmnew', '.dpkg-dist', '.dpkg-new']
const fromBefore = ['.rpmsave', '.rpmorig', '.dpkg-old']

/** Whether a package manager writes a file of that name beside another. */
export const isLeftover = (name: string, beside: string): boolean =>
  [...ofPackage, ...fromBefore].some((ending) => name === beside + ending)

/** Whether it is the package's own file: the one from before is a copy. */
export const isOfPackage = (name: string): boolean => ofPackage.some((ending) => name.endsWith(ending))
