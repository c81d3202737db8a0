import { createRequire } from 'node:module'
import type { Json, JsonObject } from '../../aws/service.ts'
import { type Findings, isObject, schemaCode } from './diagnostics.ts'

interface AslFinding {
  'Error code': string
  Message: string
}

type AslValidator = (definition: JsonObject) => { isValid: boolean; errors: AslFinding[] }

const aslValidator = createRequire(import.meta.url)('asl-validator') as AslValidator

/** Fields whose values are templates, each with a value that asl-validator takes. Their content is checked elsewhere. */
const stand: Record<string, Json> = {
  Output: '{% 1 %}',
  Arguments: '{% 1 %}',
  Assign: {},
  Items: '{% [] %}',
  ItemSelector: {},
  Condition: '{% true %}',
  Error: 'error',
  Cause: 'cause',
  TimeoutSeconds: 60,
  HeartbeatSeconds: 30,
  Seconds: 1,
  Timestamp: '2030-01-01T00:00:00Z',
  MaxConcurrency: 1,
}

/**
 * What the public asl-validator says about a definition. It refuses some templates that AWS takes (literal text as
 * Output, empty texts, expressions over several lines), so it sees placeholders in their places.
 */
export function askAslValidator(definition: JsonObject, findings: Findings): void {
  const { isValid, errors } = aslValidator(standIn(definition) as JsonObject)
  if (isValid) return
  for (const error of errors) findings.error(error.Message, '/', error['Error code'] ?? schemaCode)
}

function standIn(value: Json): Json {
  if (Array.isArray(value)) return value.map(standIn)
  if (!isObject(value)) return value
  const fields = Object.entries(value).map(([key, field]): [string, Json] => {
    if (key === 'States' && isObject(field))
      return [key, Object.fromEntries(Object.entries(field).map(([name, state]) => [name, standIn(state)]))]
    return [key, Object.hasOwn(stand, key) ? structuredClone(stand[key] as Json) : standIn(field)]
  })
  return Object.fromEntries(fields)
}
