import type { Json } from '../aws/service.ts'
import type { Clock } from '../clock.ts'
import {
  type ContextFacts,
  contextOf,
  failed,
  failureOf,
  type HostedFunction,
  type Outcome,
  timedOut,
} from './function-configuration.ts'

/** Runs one event of a function that lives in this process; every failure is an outcome, a late one too. */
export async function runHosted(
  fn: HostedFunction,
  facts: ContextFacts,
  requestId: string,
  payload: string,
  clock: Clock,
): Promise<Outcome> {
  const ms = fn.timeoutSeconds * 1000
  const late = Promise.withResolvers<Outcome>()
  const takeBack = clock.at(clock.now() + ms, () => late.resolve(failed(timedOut(requestId, fn.timeoutSeconds))))
  const run = async (): Promise<Outcome> => {
    try {
      const result = await fn.invoke(JSON.parse(payload) as Json, contextOf(facts, requestId, ms))
      return { payload: JSON.stringify(result ?? null) }
    } catch (error) {
      return failed(failureOf(error))
    }
  }
  const outcome = await Promise.race([run(), late.promise])
  takeBack()
  return outcome
}
