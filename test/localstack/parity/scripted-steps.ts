import type { Json, JsonObject } from '@gridgate/local/aws/service'
import type { Scenario } from './scenarios.ts'
import { outputOf } from './transitions.ts'

/** Steps that answer as the scenario says whose name stands in what they are given. */
export interface ScriptedSteps {
  /** @throws {Error} under the name that the scenario tells */
  answer(payload: Json, functionName: string): JsonObject | Promise<JsonObject>
}

export function scriptedSteps(scenarios: ReadonlyMap<string, Scenario>): ScriptedSteps {
  const left = new Map([...scenarios].map(([name, { answers }]) => [name, [...answers]]))
  return {
    answer(payload) {
      const given = payload as JsonObject
      const scenario = String(given.scenario)
      const answer = left.get(scenario)?.shift()
      if (!answer) throw new Error(`scenario ${scenario} tells no further answer`)
      if ('error' in answer) throw told(answer.error)
      return { ...outputOf(answer.output, given), scenario }
    },
  }
}

/** An error whose trace is the same wherever it is thrown, so that its cause can be compared. */
export const told = (name: string): Error => Object.assign(new Error('as told'), { name, stack: `${name}: as told` })
