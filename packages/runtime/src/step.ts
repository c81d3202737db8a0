import type { Ports } from '@gridgate/core/ports'
import type { z } from 'zod'
import { compose } from './compose.ts'

/** A function that is no endpoint: a workflow's step, or one under `functions/internal`. */
export interface Step<P extends Partial<Ports>, Input> {
  (event: unknown): Promise<unknown>
  /** The same with given ports, for tests. */
  run(ports: P, event: unknown): Promise<unknown>
  schema: z.ZodType<Input>
}

/**
 * Makes a use case a Lambda function: parses the event, runs the use case once.
 * A GridError's code is the error's name, so the definition's Retry and Catch match it.
 */
export function step<P extends Partial<Ports>, Input>(
  schema: z.ZodType<Input>,
  useCase: (ports: P, input: Input) => Promise<unknown>,
): Step<P, Input> {
  let ports: Ports | undefined
  const run = async (given: P, event: unknown): Promise<unknown> => (await useCase(given, schema.parse(event))) ?? null
  const handler = (event: unknown): Promise<unknown> => {
    ports ??= compose()
    return run(ports as unknown as P, event)
  }
  return Object.assign(handler, { run, schema })
}
