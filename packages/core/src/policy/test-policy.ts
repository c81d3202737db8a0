import { z } from 'zod'
import type { Caller } from '../caller.ts'
import { GridError } from '../errors.ts'
import { type Json, JsonObject } from '../json.ts'
import type { Needs } from '../ports.ts'
import type { PolicyCode } from './engine.ts'
import { pinnedCode } from './load-bound.ts'
import { mergeArguments } from './merge-arguments.ts'
import { findVisible } from './own-policy.ts'
import { PolicyUri, trialTenantOf } from './policy.ts'
import { readGivenCode } from './policy-code.ts'
import { requireOutput } from './require-output.ts'
import { readOutput } from './verdict.ts'

/** A trial run: a registered policy or code at hand, and what it is run with (spec/decisions.md 22). */
export const PolicyTrial = z
  .object({
    policy_rule_uri: PolicyUri.optional(),
    code: z.string().min(1).optional().describe('Python source, or a base64 or data: archive'),
    input_data: z.json(),
    parameters: JsonObject.optional(),
    settings: JsonObject.optional(),
    context: JsonObject.optional(),
  })
  .refine((trial) => (trial.policy_rule_uri === undefined) !== (trial.code === undefined), {
    message: 'needs either policy_rule_uri or code',
    path: ['policy_rule_uri'],
  })
export type PolicyTrial = z.infer<typeof PolicyTrial>

/** What `eval` returned, whatever its shape. */
export interface TrialResult {
  output: Json
  duration_ms: number
  /** What the policy printed. */
  log: string
}

/**
 * Runs a policy once for its author: nothing is recorded, no context is read or saved.
 * @throws {GridError} the `policy.*` code of a failure, with the policy's own message, `line` and `log`; `policy.not_found`, `policy.invalid_code`
 */
export async function testPolicy(
  ports: Needs<'policies' | 'engine'>,
  trial: PolicyTrial,
  caller: Caller,
): Promise<TrialResult> {
  const subject = await findSubject(ports, trial, caller)
  const evaluation = await ports.engine.evaluate({
    tenant: subject.tenant,
    code: subject.code,
    settings: mergeArguments(subject.settings, trial.settings),
    parameters: mergeArguments(subject.parameters, trial.parameters),
    inputJson: JSON.stringify(trial.input_data),
    contextJson: JSON.stringify(trial.context ?? {}),
    expects: 'any',
  })
  const { inputDataJson, durationMs, log } = requireOutput(evaluation)
  return { output: readOutput(inputDataJson), duration_ms: durationMs, log }
}

interface Subject {
  tenant: string
  code: PolicyCode
  settings: JsonObject | undefined
  parameters: JsonObject | undefined
}

async function findSubject(ports: Needs<'policies'>, trial: PolicyTrial, caller: Caller): Promise<Subject> {
  if (trial.policy_rule_uri === undefined) return untrusted(trial.code ?? '', caller)
  const { policy } = await findVisible(ports, trial.policy_rule_uri, caller)
  return {
    tenant: trialTenantOf(caller),
    code: await pinnedCode(ports, policy),
    settings: policy.policy_settings,
    parameters: policy.policy_parameters,
  }
}

function untrusted(text: string, caller: Caller): Subject {
  const given = readGivenCode(text)
  if (given.kind === 'url')
    throw new GridError('policy.invalid_code', 'a URL is fetched only at registration; send the code itself')
  return { tenant: trialTenantOf(caller), code: given.code, settings: undefined, parameters: undefined }
}
