import type { ApiServer, Patch, Refusal } from './api-server.ts'
import type { Racer } from './cordon-racers.ts'
import { ratios } from './load.ts'
import { countMissed, freePool, type Pool } from './pool.ts'
import { type Claim, claim, largest } from './section.ts'

const rounds = 3
/** In the midst of the pool, and for as long as the refusals ask to wait. */
const refusal: Refusal = { afterPatches: 60, ms: 1000, retryAfterSeconds: 1 }

/** Patches a second: until the first refusal, while the refusals ask to wait, and after that. */
interface Rates {
  before: number
  during: number
  after: number
}

/** What the controller does about an API server that is too busy: all is done in the end, and until then it asks less. */
export async function measureThrottled({ client, refuse }: ApiServer, pool: Pool, ours: Racer): Promise<Claim[]> {
  const rates: Rates[] = []
  const missed: number[] = []
  for (let round = 0; round < rounds; round++) {
    await ours.prepare?.(pool)
    await refuse(refusal)
    await ours.cordon(pool)
    rates.push(ratesOf(await refuse(null)))
    missed.push(await countMissed(client, pool))
    await freePool(client, pool)
  }
  const of = (when: keyof Rates): number[] => rates.map((one) => one[when])
  const waits = `while 429 asks to wait ${refusal.retryAfterSeconds} s`
  return [
    claim('patches before the API server refuses some', 'patches/s', of('before')),
    claim(`patches ${waits}`, 'patches/s', of('during')),
    claim('patches after the wait', 'patches/s', of('after')),
    claim('during the wait by before', 'ratio', ratios(of('during'), of('before')), { atMost: 0.1 }),
    largest(`${pool.count} nodes with refusals, missed, largest`, 'nodes', missed, { atMost: 0 }),
  ]
}

/** @throws {Error} when nothing was refused, or nothing after the wait: nothing is measured then */
function ratesOf(patches: readonly Patch[]): Rates {
  const first = patches[0]?.at ?? Number.NaN
  const last = patches.at(-1)?.at ?? Number.NaN
  const refused = patches.find(({ isRefused }) => isRefused)?.at ?? Number.NaN
  const end = refused + refusal.ms
  if (!(last > end)) throw new Error(`of ${patches.length} patches none was made after a refusal`)
  const rate = (from: number, to: number): number =>
    patches.filter(({ at }) => at > from && at <= to).length / ((to - from) / 1000)
  return { before: rate(first, refused), during: rate(refused, end), after: rate(end, last) }
}
