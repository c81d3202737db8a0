import { describe, expect, it } from 'vitest'
import { askedTwice, type PlantedFault, plantedFaults } from './planted-faults.ts'
import { simulate } from './simulate.ts'

/** Seeds that a fault is looked for in, and those in which it must show. */
const seedsMax = 150
const caughtMin = 2

describe('the simulator', () => {
  it.each(Object.entries<PlantedFault>(plantedFaults))('catches a %s', async (_, fault) => {
    const caught: string[] = []
    for (let seed = 1; seed <= seedsMax && caught.length < caughtMin; seed++)
      caught.push(...new Set((await simulate(seed, fault)).violations.map(({ promise }) => promise)))
    expect(caught).toEqual(Array.from({ length: caughtMin }, () => fault.breaks))
  })

  it('sees no harm in effects that are asked for twice', async () => {
    for (let seed = 1; seed <= 20; seed++) expect((await simulate(seed, askedTwice)).violations).toEqual([])
  })

  it('lives through one seed always in the same way, whatever went before', async () => {
    const first = await simulate(3)
    await simulate(4)
    expect(await simulate(3)).toEqual(first)
  })
})
