import type { Evaluation, Inspection, ManagementResult, PolicyEngine } from '@gridgate/core/policy/engine'
import { EvaluationRequestWire, PolicyCodeWire, PolicyRunWire } from '@gridgate/core/policy/engine-wire'
import { z } from 'zod'
import { tenantIdOf } from './policy-tenant.ts'
import { pack, unpack } from './policy-wire.ts'

/** What the function is asked: one operation of the engine. */
const Question = z.discriminatedUnion('op', [
  z.object({ op: z.literal('evaluate'), request: EvaluationRequestWire }),
  z.object({ op: z.literal('manage'), request: PolicyRunWire.extend({ action: z.string(), dataJson: z.string() }) }),
  z.object({ op: z.literal('inspect'), request: PolicyCodeWire }),
])

/** An engine that can be ended; the scripted one of tests has nothing to end. */
type Closable = PolicyEngine & { close?(): Promise<void> }

/** The function, and a way to end what it holds where its process goes on. */
export interface PolicyHost {
  /** @throws where Lambda says that the environment belongs to another tenant than the question's */
  (event: unknown, context?: { tenantId?: string | undefined }): Promise<unknown>
  /** Ends the engine's processes; the next question opens it again. */
  close(): Promise<void>
}

/**
 * Makes an engine a Lambda function: takes what `lambdaEngine` sends and answers what it reads.
 * @param open gives the engine, when the first question comes
 */
export function policyHost(open: () => Promise<Closable>): PolicyHost {
  let engine: Promise<Closable> | undefined
  const host = async (event: unknown, context?: { tenantId?: string | undefined }): Promise<unknown> => {
    const question = Question.parse(await unpack(event))
    if (context?.tenantId && context.tenantId !== tenantIdOf(question))
      throw new Error('this environment belongs to another tenant')
    engine ??= open().catch((error: unknown) => {
      engine = undefined
      throw error
    })
    return JSON.parse(await pack(await answer(await engine, question)))
  }
  const close = async (): Promise<void> => {
    const opened = engine
    engine = undefined
    await (await opened)?.close?.()
  }
  return Object.assign(host, { close })
}

function answer(
  engine: PolicyEngine,
  question: z.infer<typeof Question>,
): Promise<Evaluation | ManagementResult | Inspection> {
  if (question.op === 'evaluate') return engine.evaluate(question.request)
  return question.op === 'manage' ? engine.manage(question.request) : engine.inspect(question.request)
}

/** The real sandbox, loaded only where a policy is really run. */
export async function openSandbox(): Promise<Closable> {
  const { openPolicySandbox } = await import('@gridgate/sandbox/policy-sandbox')
  return openPolicySandbox()
}
