import { invalidBody } from './invalid-document.ts'

/** The built-in template of the original's parser; others would be policies that it ran. */
const builtInTemplate = 'Parser/V1'

/**
 * The document itself, or the one inside of the parser's envelope (spec/gateway-api.md §12).
 * @param what the document, for who left it out
 * @throws {GridError} `request.invalid`
 */
export function documentIn(
  body: Readonly<Record<string, unknown>>,
  what: string,
): { document: Readonly<Record<string, unknown>>; pointer: string } {
  if (!Object.hasOwn(body, 'body') && !Object.hasOwn(body, 'header')) return { document: body, pointer: '' }
  const template = isObject(body.header) ? body.header.templateUri : undefined
  if (template !== undefined && template !== builtInTemplate)
    throw invalidBody([{ pointer: '/header/templateUri', detail: `must be ${builtInTemplate}; no other is supported` }])
  const spec = isObject(body.body) ? body.body.spec : undefined
  const values = isObject(spec) ? spec.values : undefined
  const pointer = '/body/spec/values'
  if (!isObject(values)) throw invalidBody([{ pointer, detail: `must be ${what}` }])
  return { document: values, pointer }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
