import type { JsonObject } from '@gridgate/local/aws/service'
import type { Definition } from '@gridgate/local/step-functions/definition/definition'
import { beforeAll, describe, expect, it } from 'vitest'
import { workflows } from '../../../workflows/manifest.ts'
import { timeFaults } from '../faults.ts'
import { definitionOf, functionNamesOf } from './definitions.ts'
import { type OpenEngine, openLocalStack, openOurs } from './engines.ts'
import { type Outcome, putMachine, runScenario } from './run-scenario.ts'
import { type ScriptedSteps, told } from './scripted-steps.ts'
import { shortenTime } from './shorten.ts'
import { outputOf, startInput } from './transitions.ts'

/** A time that passes, in one workflow. */
interface Case {
  name: string
  /** Which time: that of the first step, of the closing one, or of the execution. */
  of: 'first' | 'closing' | 'execution'
  definition: Definition
  /** The function that never answers. */
  hangs: string
  /** The function that fails, so that the execution comes to that. */
  fails: string | null
}

const functionOf = ({ States }: Definition, name: string): string => {
  const state = States[name]
  return state?.Type === 'Task' ? (state.Resource.split(':').at(-1) ?? '') : ''
}

/** The step that closes the task of a workflow that has failed: nothing catches what it throws. */
const closingStep = ({ States }: Definition): string =>
  Object.keys(States).find((name) => {
    const state = States[name]
    return state?.Type === 'Task' && !state.Catch && States[state.Next ?? '']?.Type === 'Fail'
  }) ?? ''

function casesOf(workflow: string): Case[] {
  const definition = definitionOf(workflow)
  const [first, closing] = [definition.StartAt, closingStep(definition)]
  const [firstFunction, closingFunction] = [functionOf(definition, first), functionOf(definition, closing)]
  const time = (of: Case['of'], more: Pick<Case, 'definition' | 'hangs' | 'fails'>): Case => ({
    ...{ name: `${workflow}-${of}`, of },
    ...more,
  })
  return [
    time('first', { definition: shortenTime(definition, { task: first }), hangs: firstFunction, fails: null }),
    time('closing', {
      definition: shortenTime(definition, { task: closing }),
      ...{ hangs: closingFunction, fails: firstFunction },
    }),
    time('execution', { definition: shortenTime(definition, 'execution'), hangs: firstFunction, fails: null }),
  ]
}

const cases = workflows.flatMap(({ name }) => casesOf(name))

/** Steps of which one hangs until they are released. */
function hangingSteps(): ScriptedSteps & { release(): void } {
  const released = Promise.withResolvers<JsonObject>()
  return {
    release: () => released.resolve({}),
    answer(payload, functionName) {
      const given = payload as JsonObject
      const found = cases.find(({ name }) => name === given.scenario)
      if (!found) throw new Error(`there is no case ${given.scenario}`)
      if (functionName === found.hangs) return released.promise
      if (functionName === found.fails) throw told('kube.forbidden')
      return { ...outputOf(startInput(found.definition), given), scenario: found.name }
    },
  }
}

async function runAll(open: (steps: ScriptedSteps) => Promise<OpenEngine>, isTogether: boolean) {
  const steps = hangingSteps()
  const engine = await open(steps)
  const outcomes = new Map<string, Outcome>()
  const run = async ({ name, definition }: Case): Promise<void> => {
    const machine = await putMachine(engine, `timeouts-${name}`, definition)
    outcomes.set(name, await runScenario(engine, machine, name, startInput(definition)))
  }
  try {
    if (isTogether) await Promise.all(cases.map(run))
    else for (const one of cases) await run(one)
  } finally {
    steps.release()
    await engine.close()
  }
  return outcomes
}

describe('a time that passes', () => {
  let ours: Map<string, Outcome>
  let theirs: Map<string, Outcome>

  beforeAll(async () => {
    ours = await runAll(openOurs, false)
    theirs = await runAll((steps) => openLocalStack(steps, workflows.flatMap(functionNamesOf)), true)
  })

  it.each(cases)('ends $name on both engines as it must, but for what is listed', ({ name, of }) => {
    const mine = ours.get(name)
    expect(mine).toMatchObject(ending[of])
    expect(mine?.events.at(-1)).toBe(of === 'execution' ? 'ExecutionTimedOut' : 'ExecutionFailed')
    expect(mine?.events.includes('LambdaFunctionTimedOut')).toBe(of !== 'execution')
    expect(theirs.get(name)).toEqual(mine && (timeFaults[of]?.there(mine) ?? mine))
  })
})

/** A time that passes in a step has its error; that of an execution has a status of its own (AWS, spec/step-functions.md section 5). */
const ending = {
  first: { status: 'FAILED', error: 'States.Timeout', output: null },
  closing: { status: 'FAILED', error: 'States.Timeout', output: null },
  execution: { status: 'TIMED_OUT', error: null, output: null },
} as const satisfies Record<Case['of'], Partial<Outcome>>
