/** What an object of JSON has, by names. */
export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null

/** An object's fields: none of anything else. */
export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {})

/** A text; undefined if it is empty, or something else. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** Reads JSON; undefined if it is none. The parser's own message shows a part of the text, in which a password may be. */
export const parseJson = <Value = unknown>(text: string): Value | undefined => {
  try {
    return JSON.parse(text) as Value
  } catch {
    return undefined
  }
}
