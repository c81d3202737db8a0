import type { Evaluation, Inspection, ManagementResult, PolicyEngine } from '@gridgate/core/policy/engine'
import { z } from 'zod'
import { pack, unpack } from './policy-wire.ts'

const PolicyCode = z.object({ digest: z.string(), kind: z.enum(['source', 'archive']), data: z.string() })

const policy = {
  tenant: z.string(),
  code: PolicyCode,
  settings: z.record(z.string(), z.unknown()),
  parameters: z.record(z.string(), z.unknown()),
  contextJson: z.string(),
}

/** What the function is asked: one operation of the engine. */
const Question = z.discriminatedUnion('op', [
  z.object({
    op: z.literal('evaluate'),
    request: z.object({ ...policy, inputJson: z.string(), expects: z.enum(['verdict', 'any']).default('verdict') }),
  }),
  z.object({ op: z.literal('manage'), request: z.object({ ...policy, action: z.string(), dataJson: z.string() }) }),
  z.object({ op: z.literal('inspect'), request: PolicyCode }),
])

/**
 * Makes an engine a Lambda function: takes what `lambdaEngine` sends and answers what it reads.
 * @param open gives the engine, when the first question comes
 */
export function policyHost(open: () => Promise<PolicyEngine>): (event: unknown) => Promise<unknown> {
  let engine: Promise<PolicyEngine> | undefined
  return async (event) => {
    const question = Question.parse(await unpack(event))
    engine ??= open().catch((error: unknown) => {
      engine = undefined
      throw error
    })
    return JSON.parse(await pack(await answer(await engine, question)))
  }
}

function answer(
  engine: PolicyEngine,
  question: z.infer<typeof Question>,
): Promise<Evaluation | ManagementResult | Inspection> {
  if (question.op === 'evaluate') return engine.evaluate(question.request)
  return question.op === 'manage' ? engine.manage(question.request) : engine.inspect(question.request)
}

/** The real sandbox, loaded only where a policy is really run. */
export async function openSandbox(): Promise<PolicyEngine> {
  const { openPolicySandbox } = await import('@gridgate/sandbox/policy-sandbox')
  return openPolicySandbox()
}
