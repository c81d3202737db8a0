import { describe, expect, it } from 'vitest'
import type { Journal } from './journal.ts'
import { simulate } from './simulate.ts'

/** Seeds that one test lives through. */
const seedsPerTest = 50

/** Lives through all of these seeds, or only through the one that the environment names. */
export function describeSeeds(from: number, to: number): void {
  const named = process.env.GRIDGATE_SEED === undefined ? null : Number(process.env.GRIDGATE_SEED)
  if (named === null)
    for (let first = from; first <= to; first += seedsPerTest)
      describeBlock(first, Math.min(first + seedsPerTest - 1, to))
  else if (named >= from && named <= to) describeBlock(named, named)
}

function describeBlock(first: number, last: number): void {
  describe('failover keeps its promises', () => {
    it(`in the seeds ${first} to ${last}`, async () => {
      const broken: string[] = []
      for (let seed = first; seed <= last; seed++) broken.push(...told(seed, await simulate(seed)))
      expect(broken).toEqual([])
    })
  })
}

const told = (seed: number, { violations }: Journal): string[] =>
  violations.map(({ promise, said }) => `${promise}: ${said} (GRIDGATE_SEED=${seed} npm run test:simulation)`)
