/** Of a start tag, as far as indexes have them. One without a value has an empty one. */
export type Attributes = Partial<Record<AttributeName, string>>

/** PEP 503, 592, 658 and 714. */
const attributeNames = [
  'href',
  'data-requires-python',
  'data-yanked',
  'data-core-metadata',
  'data-dist-info-metadata',
] as const
type AttributeName = (typeof attributeNames)[number]

// The names of U+00A0 to U+00FF, in their order; these need no semicolon (HTML, Named character references).
const latin1 =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml'
const pairsIn = (text: string) =>
  text.split(' ').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const)
const bare: ReadonlyMap<string, string> = new Map([
  ...latin1.split(' ').map((name, i) => [name, String.fromCharCode(160 + i)] as const),
  ...pairsIn('amp=& lt=< gt=> quot=" AMP=& LT=< GT=> QUOT=" COPY=© REG=®'),
])
// All other names of ASCII characters, and what texts have of typography. Of 2,231 names the others stay as they are.
const named: ReadonlyMap<string, string> = new Map([
  ...bare,
  ...pairsIn(
    "Tab=\t NewLine=\n excl=! num=# dollar=$ percnt=% apos=' lpar=( rpar=) ast=* midast=* plus=+ comma=, period=. sol=/ colon=: semi=; equals== quest=? commat=@ lsqb=[ lbrack=[ bsol=\\ rsqb=] rbrack=] Hat=^ lowbar=_ UnderBar=_ grave=` DiacriticalGrave=` lcub={ lbrace={ verbar=| vert=| VerticalLine=| rcub=} rbrace=} ndash=– mdash=— hellip=… lsquo=‘ rsquo=’ ldquo=“ rdquo=” bull=• trade=™ euro=€ hyphen=‐",
  ),
])

// Of U+0080 to U+009F, which stand for what Windows has there.
const windows1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

/** A numeric reference (HTML, Numeric character reference end state; what is not a character is left out, as Python does). */
const characterOf = (code: number): string => {
  if (code >= 0x80 && code <= 0x9f) return windows1252[code - 0x80] ?? ''
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return '\ufffd'
  const isControl = code < 0x20 ? ![9, 10, 12, 13].includes(code) : code === 0x7f
  return isControl || (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) === 0xfffe ? '' : String.fromCodePoint(code)
}

/** Decodes an attribute's value. A name without a semicolon before `=`, a letter or a digit is text: `?a=1&copy=2`. */
const decodeEntities = (text: string): string =>
  text.includes('&')
    ? text.replace(
        /&(?:#(?:x([0-9a-f]+)|(\d+));?|([a-z][a-z0-9]*)(;?)(?=(=?)))/gi,
        (all, hex?: string, decimal?: string, name?: string, semicolon?: string, sign?: string) => {
          if (name === undefined) return characterOf(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
          return (semicolon ? named.get(name) : sign ? undefined : bare.get(name)) ?? all
        },
      )
    : text

const tagStart = /<(?:[a-z]|[/!?])/gi
const tagName = /[^\t\n\f\r />\0]*/y
const attributeName = /[\t\n\f\r /]*([^\t\n\f\r />][^\t\n\f\r /=>]*)?/y
const valueSign = /[\t\n\f\r ]*=[\t\n\f\r ]*/y
const bareValue = /[^\t\n\f\r >]*/y
const commentEnd = /--!?>/g
const rawTextEnds: Readonly<Record<string, RegExp>> = {
  script: /<\/script(?=[\t\n\f\r />])/gi,
  style: /<\/style(?=[\t\n\f\r />])/gi,
}

const matchAt = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** Where a tag ends whose attributes begin at a place; undefined if the page ends within it. */
const readAttributes = (html: string, from: number, attributes: Attributes): number | undefined => {
  for (let at = from; ; ) {
    const [before = '', name] = matchAt(attributeName, html, at) ?? []
    at += before.length
    if (name === undefined) return html[at] === '>' ? at + 1 : undefined
    const sign = matchAt(valueSign, html, at)?.[0]
    let value = ''
    if (sign !== undefined) {
      at += sign.length
      const quote = html[at]
      if (quote === '"' || quote === "'") {
        const end = html.indexOf(quote, at + 1)
        if (end < 0) return undefined
        value = html.slice(at + 1, end)
        at = end + 1
      } else {
        value = matchAt(bareValue, html, at)?.[0] ?? ''
        at += value.length
      }
    }
    // Of two of one name the last counts, as in pip.
    const known = attributeNames.find((one) => one === name.toLowerCase())
    if (known !== undefined) attributes[known] = decodeEntities(value)
  }
}

/**
 * The start tags of a page, or of its beginning, in its order, with names in small letters: neither those in comments, nor in scripts and styles. Each
 * character is looked at a fixed number of times at most: what is not closed reaches to the page's end.
 */
export const startTags = function* (html: string) {
  for (let at = 0; ; ) {
    const start = matchAt(tagStart, html, at)
    if (start === null) return
    at = start.index + 2
    let end: number | undefined
    if (html.startsWith('!--', at - 1)) {
      // `<!-->` and `<!--->` are whole comments.
      const close = matchAt(commentEnd, html, at)
      end = close === null ? undefined : close.index + close[0].length
    } else if (/[/!?]/.test(start[0])) {
      end = html.indexOf('>', at) + 1 || undefined
    } else {
      const name = (matchAt(tagName, html, at - 1)?.[0] ?? '').toLowerCase()
      const attributes: Attributes = {}
      end = readAttributes(html, at - 1 + name.length, attributes)
      if (end !== undefined) yield { name, attributes }
      const rawTextEnd = rawTextEnds[name]
      if (end !== undefined && rawTextEnd !== undefined) end = matchAt(rawTextEnd, html, end)?.index
    }
    if (end === undefined) return
    at = end
  }
}
