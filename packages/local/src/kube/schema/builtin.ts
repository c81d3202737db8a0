import { coreTypes } from './core-types.ts'
import { groupTypes } from './group-types.ts'
import { parseTypes } from './parse-types.ts'
import type { Schema } from './schema.ts'

const typeMembers: Readonly<Record<string, Schema>> = { apiVersion: { type: 'string' }, kind: { type: 'string' } }

let parsed: ReadonlyMap<string, Schema> | undefined

/** All defined types by name; read once, on first use. */
export function builtinTypes(): ReadonlyMap<string, Schema> {
  if (parsed) return parsed
  parsed = parseTypes(`${coreTypes.trim()}\n${groupTypes.trim()}`)
  for (const [name, type] of parsed)
    if (type.fields?.metadata && !name.includes('Template')) Object.assign(type.fields, typeMembers)
  return parsed
}

/**
 * The schema of a built-in kind or type.
 * @throws {Error} for a name that is not defined: a mistake in the resource table.
 */
export function builtinSchema(name: string): Schema {
  const found = builtinTypes().get(name)
  if (!found) throw new Error(`no schema for ${name}`)
  return found
}
