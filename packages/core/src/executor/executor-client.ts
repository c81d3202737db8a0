import type { Evaluation, EvaluationRequest } from '../policy/engine.ts'
import type { Executor } from './executor.ts'

/** Largest call and largest reply, in bytes: an input, or a verdict, of 8 million characters and its escaping. */
export const evaluationBytesMax = 32 * 2 ** 20

/** Port: remote executors, called over HTTP with a signed call each. */
export interface ExecutorClient {
  /**
   * Refuses an address that may not be called; a name is held against the rules when it is connected to.
   * @throws {GridError} `address.refused`
   */
  requireCallable(hostUri: string): void
  /**
   * Runs a policy there. What keeps the executor from answering is a failure with `executor.unreachable` or
   * `executor.timeout`, never a verdict.
   */
  evaluate(executor: Executor, request: EvaluationRequest): Promise<Evaluation>
}
