/** A link of an index's page. */
export interface Anchor {
  /** Where it leads, as the page has it, with its entities decoded. */
  readonly href: string
  /** Its attributes, as the page has them. */
  readonly attributes: string
}

// An attribute's value may hold a bare `>`: data-requires-python=">=3.8".
const anchor = /<a\s((?:[^>"']|"[^"]*"|'[^']*')*)>/gi

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" }

/** Decodes the few entities that generators of indexes write. */
export const decodeEntities = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39|#x27);/gi, (_entity, name: string) => entities[name.toLowerCase()] ?? '')

/**
 * Reads an attribute.
 *
 * @param attributes An anchor's attributes, as its page has them.
 * @param name The attribute's name, in small letters.
 * @returns Its value, decoded; empty where it has none; undefined where it is not there.
 */
export const attributeOf = (attributes: string, name: string): string | undefined => {
  const found = new RegExp(`(?:^|\\s)${name}(?:\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+)))?(?=\\s|/|$)`, 'i').exec(
    attributes,
  )
  return found === null ? undefined : decodeEntities(found[1] ?? found[2] ?? found[3] ?? '')
}

/**
 * Finds the links of an index's page (PEP 503).
 *
 * @param page The page's text.
 */
export const anchorsIn = function* (page: string): Generator<Anchor> {
  for (const [, attributes = ''] of page.matchAll(anchor)) {
    const href = attributeOf(attributes, 'href')
    if (href) yield { href, attributes }
  }
}
