import { describe, expect, it } from 'vitest'
import type { Journal } from './journal.ts'
import { simulate } from './simulate.ts'

/** Seeds that one test lives through. */
const seedsPerTest = 50

/** Lives through all of these seeds. */
export function describeSeeds(from: number, to: number): void {
  for (let first = from; first <= to; first += seedsPerTest)
    describeBlock(first, Math.min(first + seedsPerTest - 1, to))
}

function describeBlock(first: number, last: number): void {
  describe('failover keeps its promises', () => {
    it(`in the seeds ${first} to ${last}`, async () => {
      const broken: string[] = []
      const met = new Set<string>()
      for (let seed = first; seed <= last; seed++) {
        const journal = await simulate(seed)
        broken.push(...told(seed, journal))
        for (const what of [...journal.tally.keys(), ...journal.effects.map(({ kind }) => kind)]) met.add(what)
      }
      expect(broken).toEqual([])
      // A simulation in which nothing happens breaks no promise either.
      if (last - first + 1 === seedsPerTest) expect([...met]).toEqual(expect.arrayContaining(toBeMet))
    })
  })
}

/** Effects, and ends of actions, that are met in any stretch of seeds. */
const toBeMet = [
  ...['cordon', 'uncordon', 'restart', 'reboot', 'replace'],
  ...['automatic succeeded', 'automatic refused budget.exhausted', 'automatic observed', 'automatic failed internal'],
  ...['explicit succeeded', 'explicit cancelled', 'explicit refused action.in_flight', 'explicit failed task.lost'],
]

const told = (seed: number, { violations }: Journal): string[] =>
  violations.map(({ promise, said }) => `${promise}: ${said} (GRIDGATE_SEED=${seed} npm run test:simulation)`)
