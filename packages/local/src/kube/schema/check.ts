import { isTree } from '../object.ts'
import { parseQuantity } from '@gridgate/kube/quantity'
import { type Finding, invalidValue, required, unsupportedValue } from '../status-error.ts'
import { anySchema, memberSchema, type Schema } from './schema.ts'

const quantityRule = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

/** What the schema itself demands: required members, allowed values, quantities that can be read. */
export function checkSchema(value: unknown, schema: Schema, path = ''): Finding[] {
  if (Array.isArray(value))
    return value.flatMap((item, index) => checkSchema(item, schema.items ?? anySchema, `${path}[${index}]`))
  if (!isTree(value)) return checkPlain(value, schema, path)
  const below = (member: string): string =>
    path === '' ? member : schema.type === 'map' ? `${path}[${member}]` : `${path}.${member}`
  const missing = (schema.required ?? [])
    .filter((member) => isEmpty(value[member]))
    .map((member) => required(below(member)))
  const findings = Object.entries(value).flatMap(([member, each]) =>
    checkSchema(each, memberSchema(schema, member) ?? anySchema, below(member)),
  )
  return [...missing, ...findings]
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === '' || (Array.isArray(value) && value.length === 0)

function checkPlain(value: unknown, schema: Schema, path: string): Finding[] {
  if (schema.enum && typeof value === 'string' && value !== '' && !schema.enum.includes(value))
    return [unsupportedValue(path, value, schema.enum)]
  if (schema.type === 'quantity' && parseQuantity(value) === null) return [invalidValue(path, value, quantityRule)]
  return []
}
