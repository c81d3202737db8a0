import type { FailState } from '../definition/definition.ts'
import { evaluateAs } from '../evaluation.ts'
import type { ExecutionRun } from '../execution-run.ts'
import { Failure } from '../failure.ts'
import type { Frame } from '../frame.ts'

const text = { name: 'string', is: (value: unknown) => typeof value === 'string' }

/**
 * Fails with the state's Error and Cause, each of which may be absent.
 * @throws {Failure} always
 */
export async function failState(run: ExecutionRun, frame: Frame, state: FailState): Promise<never> {
  const read = async (field: 'Error' | 'Cause'): Promise<string | null> => {
    const template = state[field]
    if (template === undefined) return null
    return (await evaluateAs(run, frame, text, { template, location: field })) as string
  }
  const error = await read('Error')
  throw new Failure({ error, cause: await read('Cause') })
}
