import { type KubernetesObject, listAt, member, textAt } from './object.ts'

/** One step into an object: a field's name, or an element of a list by what identifies it there. */
export type FieldStep = string | { readonly index: number; readonly keys: Readonly<Record<string, unknown>> | null }

/** Who holds a field, as the API server keeps it in `metadata.managedFields`. */
export interface FieldHolder {
  readonly manager: string
  readonly operation: string
  /** ISO 8601; null where the server does not say. */
  readonly at: string | null
}

/** Everybody who holds the field at this path, or the list or map that is held as a whole above it; the latest first. */
export function holdersOf(object: KubernetesObject, path: readonly FieldStep[]): FieldHolder[] {
  return listAt(object, 'metadata', 'managedFields')
    .filter((entry) => textAt(entry, 'subresource') === undefined && holds(member(entry, 'fieldsV1'), path))
    .map((entry) => ({
      manager: textAt(entry, 'manager') ?? 'unknown',
      operation: textAt(entry, 'operation') ?? 'unknown',
      at: textAt(entry, 'time') ?? null,
    }))
    .sort((a, b) => (b.at ?? '').localeCompare(a.at ?? ''))
}

/** FieldsV1 names a field `f:name` and an element `k:{"name":"x"}`; an empty set stands for all below it. */
function holds(fields: unknown, path: readonly FieldStep[]): boolean {
  let current = fields
  for (const step of path) {
    if (current === null || typeof current !== 'object') return false
    if (Object.keys(current).every((name) => name === '.')) return current !== fields
    const below = typeof step === 'string' ? member(current, `f:${step}`) : element(current, step.keys)
    if (below === undefined) return false
    current = below
  }
  return true
}

function element(fields: object, keys: Readonly<Record<string, unknown>> | null): unknown {
  if (keys === null) return undefined
  const found = Object.entries(fields).find(([name]) => name.startsWith('k:') && isKeyOf(name.slice(2), keys))
  return found?.[1]
}

/** The server adds keys that were filled in, such as a port's protocol. */
function isKeyOf(text: string, keys: Readonly<Record<string, unknown>>): boolean {
  try {
    const parsed: unknown = JSON.parse(text)
    return Object.entries(keys).every(([name, value]) => member(parsed, name) === value)
  } catch {
    return false
  }
}
