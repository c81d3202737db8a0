import type { Json, JsonObject } from '../aws/service.ts'
import { checkExpressions } from './definition/check-expressions.ts'
import { checkFields } from './definition/check-fields.ts'
import type { Definition } from './definition/definition.ts'
import { type Diagnostic, isObject, newFindings, schemaCode } from './definition/diagnostics.ts'
import { checkAssigns, checkGraph } from './definition/graph.ts'
import { askAslValidator } from './definition/second-opinion.ts'
import { definitionBytesMax } from './limits.ts'

/** What came of checking a definition. `definition` is null when there is an error. */
export interface Validated {
  definition: Definition | null
  diagnostics: Diagnostic[]
}

/**
 * Checks the text of a state machine definition: form, graph, names and expressions, and what this engine does not have.
 * Errors are what CreateStateMachine refuses; warnings run, but are probably mistakes (a variable that nobody assigns, a
 * task token that is not handed out). Pure: it can check a workflow file at build time.
 */
export function validateDefinition(text: string): Validated {
  const findings = newFindings()
  const refused = (diagnostic: Diagnostic): Validated => ({ definition: null, diagnostics: [diagnostic] })
  if (Buffer.byteLength(text) > definitionBytesMax)
    return refused({
      severity: 'ERROR',
      code: schemaCode,
      message: 'The definition is larger than 1 MB',
      location: '/',
    })
  if (text === '')
    return refused({ severity: 'ERROR', code: schemaCode, message: 'Definition must be a valid JSON object' })
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch (error) {
    const { message } = error as Error
    return refused({ severity: 'ERROR', code: 'INVALID_JSON_DESCRIPTION', message, location: positionIn(message) })
  }
  if (!isObject(value))
    return refused({ severity: 'ERROR', code: schemaCode, message: 'Definition must be a valid JSON object' })

  checkFields(value, findings)
  const hasErrors = (): boolean => findings.list.some(({ severity }) => severity === 'ERROR')
  if (!hasErrors()) checkMeaning(value, findings)
  return { definition: hasErrors() ? null : (value as unknown as Definition), diagnostics: findings.list }
}

/** The checks that need a well-formed definition. */
function checkMeaning(value: JsonObject, findings: ReturnType<typeof newFindings>): void {
  const definition = value as unknown as Definition
  checkGraph(definition, findings)
  checkAssigns(definition, findings)
  checkExpressions(definition, findings)
}

/**
 * As `validateDefinition`, and what it accepts is shown to the public asl-validator too. For tests of workflow files and
 * ValidateStateMachineDefinition: that takes about 0.1 s.
 */
export function reviewDefinition(text: string): Validated {
  const { definition, diagnostics } = validateDefinition(text)
  if (!definition) return { definition, diagnostics }
  const findings = newFindings()
  askAslValidator(definition as unknown as JsonObject, findings)
  return { definition: findings.list.length === 0 ? definition : null, diagnostics: [...diagnostics, ...findings.list] }
}

/** The parser's position, as its message tells it. */
const positionIn = (message: string): string =>
  /\(?(line \d+ column \d+|position \d+)/.exec(message)?.[1] ?? 'position 0'

/** The definition of a stored machine, which was valid when it was stored. */
export const parseStored = (text: string): Definition => JSON.parse(text) as Definition

/** The findings as the message of InvalidDefinition lists them. */
export const describeDiagnostics = (diagnostics: readonly Diagnostic[]): string =>
  diagnostics
    .filter(({ severity }) => severity === 'ERROR')
    .map(({ code, message, location }) => `${code}: ${message}${location === undefined ? '' : ` at ${location}`}`)
    .join(', ')
