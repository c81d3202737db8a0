import { GridError } from '@gridgate/core/errors'
import type { PolicyEngine } from '@gridgate/core/policy/engine'
import { EvaluationDone, EvaluationFailed, EvaluationWire } from '@gridgate/core/policy/engine-wire'
import type { AwsClient } from '@gridgate/remote/aws/aws-client'
import { z } from 'zod'
import type { Config } from './config.ts'
import { type Owned, tenantIdOf } from './policy-tenant.ts'
import { pack, unpack } from './policy-wire.ts'

/** Longest wait for the policy function, its cold start and its own waiting (15 s) included. */
const invokeMsMax = 20_000

const { log, durationMs } = EvaluationDone.shape
const ManagementResult = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), outputJson: z.string(), contextJson: z.string(), log, durationMs }),
  EvaluationFailed,
])
const Inspection = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), requirements: z.array(z.string()) }),
  z.object({
    ok: z.literal(false),
    code: z.enum(['policy.invalid_code', 'policy.unavailable']),
    message: z.string(),
    line: z.number().nullable(),
  }),
])

/**
 * The engine behind the function `internal-evaluate-policy`, which has no rights at all. Each call has a deadline;
 * whatever keeps the function from answering is `policy.unavailable`, so that nothing is admitted by accident.
 */
export function lambdaEngine(
  aws: Pick<AwsClient, 'invoke'>,
  config: Pick<Config, 'GRIDGATE_PREFIX' | 'GRIDGATE_POLICY_TENANCY'>,
): PolicyEngine {
  const ask = async <Answer>(op: string, request: unknown, schema: z.ZodType<Answer>): Promise<Answer> => {
    try {
      return schema.parse(await invoke(aws, config, { op, request }))
    } catch (cause) {
      throw new GridError('policy.unavailable', 'the policy engine does not answer', { cause, retryAfterSeconds: 5 })
    }
  }
  return {
    evaluate: (request) => ask('evaluate', request, EvaluationWire),
    manage: (request) => ask('manage', request, ManagementResult),
    inspect: (code) => ask('inspect', code, Inspection),
  }
}

/** The function keeps nothing and reaches nothing, so it may be asked again. */
async function invoke(
  aws: Pick<AwsClient, 'invoke'>,
  { GRIDGATE_PREFIX, GRIDGATE_POLICY_TENANCY }: Pick<Config, 'GRIDGATE_PREFIX' | 'GRIDGATE_POLICY_TENANCY'>,
  question: Owned,
): Promise<unknown> {
  const asked = {
    ...{ name: `${GRIDGATE_PREFIX}internal-evaluate-policy`, payload: await pack(question) },
    ...(GRIDGATE_POLICY_TENANCY === '' ? {} : { tenantId: tenantIdOf(question) }),
    ...{ msMax: invokeMsMax, repeatable: true },
  }
  const { payload, failed } = await aws.invoke(asked)
  if (failed) throw new Error(`the function failed: ${payload.slice(0, 500)}`)
  return unpack(JSON.parse(payload))
}
