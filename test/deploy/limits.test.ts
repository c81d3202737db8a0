import { describe, expect, it } from 'vitest'
import { endpoints } from '../../functions/manifest.ts'
import { workflows } from '../../workflows/manifest.ts'
import { type Graph, type Resource, readGraph } from './graph.ts'
import { aboveLimits } from './limits.ts'

const prod = readGraph('prod')

const changed = (name: string, inputs: Record<string, unknown>): Graph => ({
  ...prod,
  resources: prod.resources.map(
    (one): Resource => (one.name === name ? { ...one, inputs: { ...one.inputs, ...inputs } } : one),
  ),
})

describe('the limits of AWS', () => {
  it.each(['prod', 'dev'])('are kept by %s', (name) => {
    expect(aboveLimits(readGraph(name))).toEqual([])
  })

  it.each([
    { what: 'a name', name: 'TasksList', inputs: { name: 'x'.repeat(65) } },
    { what: 'variables', name: 'TasksList', inputs: { environment: { variables: { A: 'x'.repeat(4_100) } } } },
    { what: 'a policy', name: 'TasksListRights', inputs: { policy: 'x'.repeat(10_241) } },
    { what: 'a definition', name: 'FailoverWorkflow', inputs: { definition: 'x'.repeat(1_048_577) } },
    { what: 'reserved concurrency', name: 'InternalEvaluatePolicy', inputs: { reservedConcurrentExecutions: 901 } },
    { what: 'an event pattern', name: 'ExecutionEndedRule', inputs: { eventPattern: 'x'.repeat(2_049) } },
    { what: 'a time-out of the gateway', name: 'TasksListIntegration', inputs: { timeoutMilliseconds: 30_001 } },
  ])('are seen above: $what', ({ name, inputs }) => {
    expect(aboveLimits(changed(name, inputs))).toHaveLength(1)
  })

  it('leave the functions behind the gateway no longer than it waits, and a step less than its state', () => {
    expect(endpoints.filter(({ timeoutSeconds }) => timeoutSeconds > 30)).toEqual([])
    for (const { name, steps } of workflows) {
      const machine = prod.resources.find((one) => one.inputs.name === `gridgate-prod-${name}` && one.inputs.definition)
      const { States } = JSON.parse(String(machine?.inputs.definition)) as {
        States: Record<string, { Resource?: string; TimeoutSeconds?: number }>
      }
      for (const [state, { Resource: arn, TimeoutSeconds }] of Object.entries(States)) {
        if (arn === undefined) continue
        const step = steps.find((one) => one.name === state.charAt(0).toLowerCase() + state.slice(1))
        expect(step?.timeoutSeconds, state).toBeLessThan(TimeoutSeconds ?? 0)
      }
    }
  })
})
