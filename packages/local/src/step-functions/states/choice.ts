import type { Json } from '../../aws/service.ts'
import type { ChoiceState } from '../definition/definition.ts'
import { evaluateAs } from '../evaluation.ts'
import type { ExecutionRun } from '../execution-run.ts'
import { Failure } from '../failure.ts'
import type { Frame } from '../frame.ts'
import { leave } from '../transitions.ts'

const boolean = { name: 'boolean', is: (value: Json) => typeof value === 'boolean' }

/**
 * Takes the first rule whose condition is true, else Default. Output and Assign are those of the rule taken, or the
 * state's own with Default (spec/step-functions.md section 2).
 * @throws {Failure} States.NoChoiceMatched
 */
export async function choose(run: ExecutionRun, frame: Frame, state: ChoiceState): Promise<void> {
  const { input } = frame.body.visit
  for (const [index, rule] of state.Choices.entries()) {
    const place = { template: rule.Condition, location: `Choices/${index}/Condition` }
    if (!(await evaluateAs(run, frame, boolean, place))) continue
    const at = `Choices/${index}/`
    return leave(run, frame, { next: rule.Next, output: rule.Output, assign: rule.Assign, fallback: input, at })
  }
  if (state.Default === undefined)
    throw new Failure({
      error: 'States.NoChoiceMatched',
      cause: 'No choice rule matched and the state has no Default.',
    })
  return leave(run, frame, { next: state.Default, output: state.Output, assign: state.Assign, fallback: input })
}
