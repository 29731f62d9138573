/** A section of a file: its keys, each with one value or a list of them. */
export type Section = Readonly<Record<string, string | readonly string[]>>

/** What our files say of themselves. */
export const remark = 'Of the pypi element, for the time of this build. What a hook adds here goes into the image.'

/**
 * Writes the format of Python's configparser. Values stand as they are: RawConfigParser, which is what pip reads with,
 * knows no quotes and no escapes (the package ini writes both, and pip would take them for a part of the URL). A list
 * goes over several lines, which every pip since 1.5 splits at white space.
 *
 * @param comment A line for people.
 * @param sections The sections in order.
 */
export const renderConfigFile = (comment: string, sections: Readonly<Record<string, Section>>): string => {
  const lines = [`# ${comment}`]
  for (const [name, section] of Object.entries(sections)) {
    lines.push(`[${name}]`)
    for (const [key, value] of Object.entries(section)) {
      if (typeof value === 'string') lines.push(`${key} = ${value}`)
      else lines.push(`${key} =`, ...value.map((item) => `    ${item}`))
    }
  }
  return `${lines.join('\n')}\n`
}
