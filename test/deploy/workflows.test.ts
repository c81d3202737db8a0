import { reviewDefinition } from '@gridgate/local/step-functions/validate-definition'
import { describe, expect, it } from 'vitest'
import { ofType, readGraph, textOf } from './graph.ts'
import { cyclesOf, type Definition, eventsMax, targetsOf } from './history.ts'
import { loops } from './loops.ts'

const machines = ofType(readGraph('prod'), 'definition').map((machine) => ({
  name: textOf(machine, 'name').replace('gridgate-prod-', ''),
  text: textOf(machine, 'definition'),
  definition: JSON.parse(textOf(machine, 'definition')) as Definition,
}))

/** Events that we allow an execution: a tenth of what AWS does, 25,000, so that reading one's history stays quick. */
const eventsAllowed = 2_500

describe('the definition of', () => {
  it.each(machines)('$name is one that AWS and the public validator take', async ({ text }) => {
    const { diagnostics } = await reviewDefinition(text)
    expect(diagnostics.filter(({ severity }) => severity === 'ERROR')).toEqual([])
  })

  it.each(machines)('$name says how often each of its loops is gone round', ({ name, definition }) => {
    const bounded = (loops[name] ?? []).map(({ through }) => through)
    expect(bounded.filter((through) => definition.States[through] === undefined)).toEqual([])
    const States = Object.fromEntries(
      Object.entries(definition.States).map(([state, found]) => [
        state,
        bounded.includes(state) ? { Type: 'Succeed' as const } : found,
      ]),
    )
    expect(cyclesOf({ ...definition, States })).toEqual([])
  })

  it.each(machines)('$name has no more events than allowed', ({ name, definition }) => {
    expect(eventsMax(definition, loops[name] ?? [])).toBeLessThanOrEqual(eventsAllowed)
  })
})

describe('the count of events', () => {
  const wait = { Type: 'Wait', Next: 'Ask' } as const
  const ask = { Type: 'Task', Next: 'IsReady', Retry: [{ MaxAttempts: 2 }, {}] } as const
  const isReady = { Type: 'Choice', Choices: [{ Next: 'Done' }], Default: 'Wait' } as const
  const definition: Definition = {
    StartAt: 'Ask',
    States: { Ask: ask, IsReady: isReady, Wait: wait, Done: { Type: 'Succeed' } },
  }

  it('has each try, each round and each state', () => {
    // Started; Ask entered, exited, 6 tries of 3; IsReady and Wait once; 10 rounds of 9; Done; ended.
    expect(eventsMax(definition, [{ through: 'Wait', roundsMax: 10 }])).toBe(1 + 20 + 2 + 2 + 90 + 2 + 1)
  })

  it('finds a loop that nobody bounded', () => {
    expect(cyclesOf(definition)).toEqual([['Ask', 'IsReady', 'Wait']])
    expect(targetsOf(isReady)).toEqual(['Wait', 'Done'])
  })
})
