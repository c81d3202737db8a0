import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fillDefinition } from '@gridgate/core/task/definition'
import type { Definition } from '@gridgate/local/step-functions/definition/definition'
import { beforeAll, describe, expect, it } from 'vitest'
import { stepFunctionName, workflows } from '../../../workflows/manifest.ts'
import { edgesIn, edgesOf } from './edges.ts'
import { type OpenEngine, openLocalStack, openOurs } from './engines.ts'
import { type Outcome, putMachine, runScenario } from './run-scenario.ts'
import { type Scenario, scenariosOf } from './scenarios.ts'
import { scriptedSteps } from './scripted-steps.ts'
import { shorten } from './shorten.ts'
import { startInput } from './transitions.ts'

/** Executions at a time on LocalStack, which runs in one Python process. */
const executionsMax = 24

const prefix = 'parity-'
const arnOf = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`

function definitionOf(workflow: string): Definition {
  const text = readFileSync(join(import.meta.dirname, `../../../workflows/${workflow}/workflow.asl.json`), 'utf8')
  const filled = fillDefinition(text, (step) => arnOf(prefix + stepFunctionName(workflow, step)))
  return shorten(JSON.parse(filled) as Definition)
}

describe.each(workflows)('$name', ({ name: workflow, steps: rows }) => {
  const definition = definitionOf(workflow)
  const functionNames = rows.map(({ name }) => prefix + stepFunctionName(workflow, name))
  let scenarios: Map<string, Scenario>
  let ours: Map<string, Outcome>
  let theirs: Map<string, Outcome>

  beforeAll(async () => {
    const found = await scenariosOf(definition)
    scenarios = new Map(found.map((scenario, index) => [`${workflow}-${index}`, scenario]))
    const [own, other] = [scriptedSteps(scenarios), scriptedSteps(scenarios)]
    ours = await runAll(await openOurs(own), workflow, definition, [...scenarios.keys()], 1)
    const names = [...scenarios.keys()]
    theirs = await runAll(await openLocalStack(other, functionNames), workflow, definition, names, executionsMax)
  })

  it(`takes each of its ${edgesOf(definition).length} edges on LocalStack`, () => {
    const taken = [...theirs.values()].flatMap(({ events }) => edgesIn(events))
    expect([...new Set(taken)].sort()).toEqual(edgesOf(definition))
  })

  it('ends alike on both engines, with the same events', () => {
    for (const name of scenarios.keys()) expect.soft(ours.get(name), name).toEqual(theirs.get(name))
  })
})

async function runAll(
  engine: OpenEngine,
  workflow: string,
  definition: Definition,
  names: readonly string[],
  atATime: number,
): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  const left = [...names]
  try {
    const machine = await putMachine(engine, `${prefix}${workflow}`, definition)
    const work = async (): Promise<void> => {
      for (let name = left.shift(); name; name = left.shift())
        outcomes.set(name, await runScenario(engine, machine, name, startInput(definition)))
    }
    await Promise.all(Array.from({ length: atATime }, work))
  } finally {
    await engine.close()
  }
  return outcomes
}
