import { evaluationBytesMax } from '@gridgate/core/executor/executor-client'
import type { PolicyEngine } from '@gridgate/core/policy/engine'
import { EvaluationDone, EvaluationRequestWire } from '@gridgate/core/policy/engine-wire'
import { requireOutput } from '@gridgate/core/policy/require-output'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'

/** What the executor's endpoints may touch. */
export interface ExecutorPorts {
  engine: Pick<PolicyEngine, 'evaluate'>
  isReady: () => boolean
}

/**
 * POST /execute_policy: runs one policy, which the call carries whole: code, arguments, input and context. A run without a
 * result is an error with the policy's own code, never a success that holds one (spec/errors-and-gaps.md 29).
 */
export const executePolicy = endpoint(
  post('/execute_policy', {
    summary: 'Run a policy',
    access: 'service',
    body: EvaluationRequestWire,
    bodyBytesMax: evaluationBytesMax,
    returns: EvaluationDone,
  }),
  async ({ engine }: Pick<ExecutorPorts, 'engine'>, { body }) => requireOutput(await engine.evaluate(body)),
)
