import { GridError } from '../errors.ts'
import type { Evaluation } from './engine.ts'

/**
 * What a run gave its author, or its failure as an error with all that helps to mend it.
 * @throws {GridError} the code of the failure, with `line`, `log` and `duration_ms`
 */
export function requireOutput(evaluation: Evaluation): Extract<Evaluation, { ok: true }> {
  if (evaluation.ok) return evaluation
  const { code, message, line, log, durationMs } = evaluation
  throw new GridError(code, message, { details: { line, log, duration_ms: durationMs } })
}
