import type { Definition } from '@gridgate/local/step-functions/definition/definition'
import { beforeAll, describe, expect, it } from 'vitest'
import { workflows } from '../../../workflows/manifest.ts'
import { definitionOf, functionNamesOf } from './definitions.ts'
import { edgesIn, edgesOf } from './edges.ts'
import { type OpenEngine, openLocalStack, openOurs } from './engines.ts'
import { type Outcome, putMachine, runScenario } from './run-scenario.ts'
import { type Scenario, scenariosOf } from './scenarios.ts'
import { scriptedSteps } from './scripted-steps.ts'
import { shorten } from './shorten.ts'
import { startInput } from './transitions.ts'

/** Executions at a time on LocalStack, which runs in one Python process. */
const executionsMax = 24

describe.each(workflows)('$name', (row) => {
  const { name: workflow } = row
  const definition = shorten(definitionOf(workflow))
  let scenarios: Map<string, Scenario>
  let ours: Map<string, Outcome>
  let theirs: Map<string, Outcome>

  beforeAll(async () => {
    const found = await scenariosOf(definition)
    scenarios = new Map(found.map((scenario, index) => [`${workflow}-${index}`, scenario]))
    const [own, other] = [scriptedSteps(scenarios), scriptedSteps(scenarios)]
    ours = await runAll(await openOurs(own), workflow, definition, [...scenarios.keys()], 1)
    const names = [...scenarios.keys()]
    theirs = await runAll(await openLocalStack(other, functionNamesOf(row)), workflow, definition, names, executionsMax)
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
    const machine = await putMachine(engine, `parity-${workflow}`, definition)
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
