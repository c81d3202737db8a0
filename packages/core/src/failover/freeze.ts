import { z } from 'zod'

/** Longest time that a freeze may be set for, in days. */
export const freezeDaysMax = 90

/** Nothing is done until then, and why (spec/decisions.md 40). */
export const Freeze = z.strictObject({
  reason: z.string().min(1).max(500),
  until: z.iso.datetime().describe(`ISO 8601, UTC; at most ${freezeDaysMax} days from now`),
})
export type Freeze = z.infer<typeof Freeze>

/** A freeze that still holds; one that is over is none. */
export const activeFreeze = (freeze: Freeze | null, now: Date): Freeze | null =>
  freeze && Date.parse(freeze.until) > now.getTime() ? freeze : null

/** Why a freeze cannot be set, or null when it can. */
export function freezeProblem({ until }: Freeze, now: Date): string | null {
  const ms = Date.parse(until) - now.getTime()
  if (ms <= 0) return 'must be in the future'
  return ms > freezeDaysMax * 86_400_000 ? `must be at most ${freezeDaysMax} days from now` : null
}
