import { z } from 'zod'

/** The engine's questions and answers where they leave a process: to the policy function, or to an executor. */

export const PolicyCodeWire = z.object({ digest: z.string(), kind: z.enum(['source', 'archive']), data: z.string() })

/** What every run carries. */
export const PolicyRunWire = z.object({
  tenant: z.string(),
  code: PolicyCodeWire,
  settings: z.record(z.string(), z.unknown()),
  parameters: z.record(z.string(), z.unknown()),
  contextJson: z.string(),
})

export const EvaluationRequestWire = PolicyRunWire.extend({
  inputJson: z.string(),
  expects: z.enum(['verdict', 'any']).default('verdict'),
})

/** Failures that a sandbox itself may answer. */
export const SandboxFailureCode = z.enum([
  'policy.timeout',
  'policy.crashed',
  'policy.out_of_memory',
  'policy.bad_verdict',
  'policy.unavailable',
])

const measured = { log: z.string(), durationMs: z.number() }

export const EvaluationDone = z.object({
  ok: z.literal(true),
  allowed: z.boolean(),
  inputDataJson: z.string(),
  contextJson: z.string(),
  ...measured,
})

export const EvaluationFailed = z.object({
  ok: z.literal(false),
  code: SandboxFailureCode,
  message: z.string(),
  line: z.number().nullable(),
  ...measured,
})

export const EvaluationWire = z.discriminatedUnion('ok', [EvaluationDone, EvaluationFailed])
