import type { Evaluation, Inspection, PolicyFailureCode } from '@gridgate/core/policy/engine'
import type { Outcome } from './tenant-runner.ts'

type Failure = Omit<Extract<Evaluation, { ok: false }>, 'durationMs'>

const codeOfDeath = {
  timeout: 'policy.timeout',
  memory: 'policy.out_of_memory',
  crash: 'policy.crashed',
  unavailable: 'policy.unavailable',
} as const satisfies Record<string, PolicyFailureCode>

const codeOfKind = {
  error: 'policy.crashed',
  memory: 'policy.out_of_memory',
  verdict: 'policy.bad_verdict',
} as const satisfies Record<string, PolicyFailureCode>

/** What a call without a good reply means to the caller (spec/decisions.md 3). */
export function failureOf(outcome: Outcome): Failure {
  if (outcome.kind === 'died') {
    return { ok: false, code: codeOfDeath[outcome.death], message: outcome.message, line: null, log: '' }
  }
  const { reply } = outcome
  if (reply.ok) return { ok: false, code: 'policy.crashed', message: 'the reply is incomplete', line: null, log: '' }
  return { ok: false, code: codeOfKind[reply.kind], message: reply.message, line: reply.line, log: reply.log }
}

/** What a look at code gave; code that kills its interpreter is refused like code that cannot be parsed; without a sandbox nothing is said of the code. */
export function inspectionOf(outcome: Outcome): Inspection {
  if (outcome.kind === 'died') {
    const code = outcome.death === 'unavailable' ? 'policy.unavailable' : 'policy.invalid_code'
    return { ok: false, code, message: `the code cannot be read: ${outcome.message}`, line: null }
  }
  const { reply } = outcome
  if (!reply.ok) return { ok: false, code: 'policy.invalid_code', message: reply.message, line: reply.line }
  const requirements: unknown = JSON.parse(reply.payloadJson)
  return { ok: true, requirements: Array.isArray(requirements) ? requirements.map(String) : [] }
}
