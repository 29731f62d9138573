import type { Part } from './parts.js'

/**
 * Says in a hook where it comes from, and under which licences, in comments of sh.
 *
 * @param after How many of its lines stay before the comments.
 * @param source The file in element-src that it is made from, below that folder.
 * @param packages The packages that are in it.
 */
export const withOrigin = (
  text: string,
  after: number,
  source: string,
  project: Part,
  packages: readonly Part[],
): string => {
  const lines = text.split('\n')
  const licenses = [project, ...packages].map(({ license }) => license)
  return [
    ...lines.slice(0, after),
    `# SPDX-License-Identifier: ${[...new Set(licenses)].join(' AND ')}`,
    `# Source: element-src/${source} of the project ${project.name}, version ${project.version}.`,
    "# Made by 'make elements': change the source, not this file. The licences: pypi-licenses.txt.",
    ...lines.slice(after),
  ].join('\n')
}
