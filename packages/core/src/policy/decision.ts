import { z } from 'zod'

/** The record of one policy run (spec/decisions.md 22). */
export const Decision = z.object({
  id: z.string(),
  at: z.string().describe('ISO 8601'),
  action: z.string(),
  level: z.enum(['network', 'cluster']),
  cluster_id: z.string().nullable(),
  caller: z.string(),
  policy_rule_uri: z.string(),
  policy_digest: z.string().nullable(),
  engine: z.string().describe('`local`, or the id of the remote executor'),
  input_sha256: z.string(),
  verdict: z.enum(['allowed', 'denied', 'failed']),
  code: z.string().nullable(),
  reason: z.string().nullable(),
  rewrite: z.array(z.json()).describe('JSON Patch (RFC 6902) from the input to what the policy returned'),
  rewrite_too_large: z.boolean().describe('The rewrite was too large for the record and is left out'),
  duration_ms: z.number().describe('Time inside the policy engine'),
  request_id: z.string().nullable(),
  task_id: z.string().nullable(),
})
export type Decision = z.infer<typeof Decision>
