import { GridError } from '@gridgate/core/errors'
import type { Json } from '@gridgate/core/json'
import type { ParseError } from 'jsonc-parser'

/** Deepest nesting of a body; deeper ones serve only to exhaust a reader. */
const depthMax = 64

/**
 * Parses a request body and refuses what is JSON but unsafe to work with: deep nesting, `__proto__` keys, NUL and lone surrogates.
 * @throws {GridError} `request.malformed_json` with the position, `request.unsafe_json` with a JSON pointer
 */
export async function parseJson(text: string): Promise<Json> {
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch {
    throw await malformed(text)
  }
  checkValue(value, '', 0)
  return value
}

/** JSON.parse does not always say where it stopped; a tolerant parser, loaded only then, does. */
async function malformed(text: string): Promise<GridError> {
  const { parse, printParseErrorCode } = await import('jsonc-parser')
  const problems: ParseError[] = []
  try {
    parse(text, problems, { disallowComments: true, allowTrailingComma: false })
  } catch (error) {
    // It goes down a stack frame for each level, unlike JSON.parse.
    if (error instanceof RangeError) throw unsafe(`nested deeper than ${depthMax} levels`, '')
    throw error
  }
  const first = problems[0]
  const offset = first?.offset ?? 0
  const before = text.slice(0, offset).split('\n')
  const position = { offset, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
  const what = first ? printParseErrorCode(first.error) : 'InvalidSymbol'
  return new GridError(
    'request.malformed_json',
    `the body is not JSON: ${what} at line ${position.line}, column ${position.column}`,
    { details: { position } },
  )
}

function checkValue(value: Json, pointer: string, depth: number): void {
  if (typeof value === 'string') checkText(value, pointer)
  if (value === null || typeof value !== 'object') return
  if (depth >= depthMax) throw unsafe(`nested deeper than ${depthMax} levels`, pointer)
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkValue(item, `${pointer}/${index}`, depth + 1)
    return
  }
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw unsafe('a key is named __proto__', pointer)
    checkText(key, pointer)
    checkValue(value[key] as Json, `${pointer}/${escapePointer(key)}`, depth + 1)
  }
}

function checkText(text: string, pointer: string): void {
  if (text.includes('\0')) throw unsafe('a text holds a NUL character', pointer)
  if (!text.isWellFormed()) throw unsafe('a text holds a lone surrogate', pointer)
}

const unsafe = (what: string, pointer: string): GridError =>
  new GridError('request.unsafe_json', `the body is refused: ${what}`, { details: { pointer: pointer.slice(0, 500) } })

/** One step of a JSON pointer (RFC 6901). */
export const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')
