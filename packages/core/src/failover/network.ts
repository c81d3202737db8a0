import { z } from 'zod'
import { NetworkBudgets, NetworkBudgetsChange, networkBudgetsDefault } from './budgets.ts'
import { Freeze } from './freeze.ts'

/** Everything automatic stands still since then, until a person resumes (spec/decisions.md 34). */
export const Breaker = z.strictObject({ tripped_at: z.iso.datetime(), reason: z.string().max(1000) })
export type Breaker = z.infer<typeof Breaker>

/** How failover works in the whole network (spec/decisions.md 40). */
export const NetworkFailover = z.object({
  freeze: Freeze.nullable(),
  breaker: Breaker.nullable(),
  budgets: NetworkBudgets,
})
export type NetworkFailover = z.infer<typeof NetworkFailover>

/** As it is stored: also since when the breaker counts anew, for what tripped it must not trip it again. */
export const StoredNetwork = NetworkFailover.extend({ resumed_at: z.iso.datetime().nullable() })
export type StoredNetwork = z.infer<typeof StoredNetwork>

/** What is named is set, the rest stays. */
export const NetworkChange = z.strictObject({
  freeze: Freeze.nullable().optional(),
  breaker: Breaker.nullable().optional().describe('null resumes; anything else leaves it as it is'),
  budgets: NetworkBudgetsChange.optional(),
})
export type NetworkChange = z.infer<typeof NetworkChange>

export const networkDefault: StoredNetwork = {
  freeze: null,
  breaker: null,
  budgets: networkBudgetsDefault,
  resumed_at: null,
}

/** The network after a change. */
export const withNetworkChange = (stored: StoredNetwork, change: NetworkChange, now: Date): StoredNetwork =>
  StoredNetwork.parse({
    freeze: change.freeze === undefined ? stored.freeze : change.freeze,
    budgets: { ...stored.budgets, ...change.budgets },
    ...(change.breaker === null && stored.breaker !== null
      ? { breaker: null, resumed_at: now.toISOString() }
      : { breaker: stored.breaker, resumed_at: stored.resumed_at }),
  })
