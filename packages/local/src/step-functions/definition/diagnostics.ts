import type { Json, JsonObject } from '../../aws/service.ts'

/** One finding about a definition, as ValidateStateMachineDefinition reports it. */
export interface Diagnostic {
  severity: 'ERROR' | 'WARNING'
  code: string
  message: string
  /** JSON pointer into the definition, or the parser's position. */
  location?: string
}

/** Takes findings about one place after the other. */
export interface Findings {
  readonly list: Diagnostic[]
  /** Reports what AWS, or this engine, refuses. */
  error(message: string, location: string, code?: string): void
  /** Reports what runs but is probably wrong. */
  warn(message: string, location: string, code: string): void
}

/** The code of everything that is wrong with the form of a definition. */
export const schemaCode = 'SCHEMA_VALIDATION_FAILED'

export function newFindings(): Findings {
  const list: Diagnostic[] = []
  return {
    list,
    error: (message, location, code = schemaCode) => list.push({ severity: 'ERROR', code, message, location }),
    warn: (message, location, code) => list.push({ severity: 'WARNING', code, message, location }),
  }
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A JSON pointer one level deeper. */
export const below = (pointer: string, key: string | number): string => `${pointer === '/' ? '' : pointer}/${key}`
