import { z } from 'zod'
import type { Caller } from '../caller.ts'
import { GridError } from '../errors.ts'
import { type Json, JsonObject } from '../json.ts'
import { pinnedCode } from '../policy/load-bound.ts'
import { mergeArguments } from '../policy/merge-arguments.ts'
import { findVisible } from '../policy/own-policy.ts'
import { PolicyUri, trialTenantOf } from '../policy/policy.ts'
import { requireOutput } from '../policy/require-output.ts'
import type { Needs } from '../ports.ts'
import type { ExecutorId } from './executor.ts'
import { findExecutor } from './find-executor.ts'

/** The documented body (spec/policies.md §4): both are required, and may not be empty. */
export const PolicyExecution = z.object({
  policy_rule_uri: PolicyUri,
  input_data: z.json().refine((value) => Boolean(value), 'must not be empty'),
  parameters: JsonObject.nullish().describe("Over the registry's defaults, key by key"),
})
export type PolicyExecution = z.infer<typeof PolicyExecution>

/**
 * Runs a registered policy on an executor and gives its output, whatever its shape. The gateway resolves the policy, so that an
 * executor needs neither registry nor credential. Nothing is recorded, and no context is read or saved, as with a test.
 * @throws {GridError} `executor.not_found`, `executor.unreachable`, `executor.timeout`, `policy.not_found`, the `policy.*` code of a failure
 */
export async function executePolicy(
  ports: Needs<'executors' | 'executorClient' | 'policies' | 'trail'>,
  { id, body, caller }: { id: ExecutorId; body: PolicyExecution; caller: Caller },
): Promise<Json> {
  const { executor } = await findExecutor(ports, id)
  const { policy } = await findVisible(ports, body.policy_rule_uri, caller)
  ports.trail.about(policy.cluster_id)
  if (executor.executor_host_uri === '')
    throw new GridError('executor.unreachable', `the executor ${id} has no address`)
  const evaluation = await ports.executorClient.evaluate(executor, {
    tenant: trialTenantOf(caller),
    code: await pinnedCode(ports, policy),
    settings: mergeArguments(policy.policy_settings, undefined),
    parameters: mergeArguments(policy.policy_parameters, body.parameters ?? undefined),
    inputJson: JSON.stringify(body.input_data),
    contextJson: '{}',
    expects: 'any',
  })
  return JSON.parse(requireOutput(evaluation).inputDataJson) as Json
}
