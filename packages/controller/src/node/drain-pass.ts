import { z } from '@gridgate/http/z'

const PodName = z.object({ namespace: z.string(), name: z.string() })

/** What a pass over the pods of a node left there. */
export const Drained = z.object({
  remaining: z.array(PodName).describe('pods that must go and are still there, the blocked ones too'),
  blocked: z.array(
    PodName.extend({
      budget: z.string().nullable().describe('the PodDisruptionBudget, where Kubernetes names it'),
      reason: z.enum(['budget', 'several_budgets', 'namespace_terminating', 'unmanaged']),
    }),
  ),
})

/** Longest grace period that a caller may ask for, in seconds. */
const graceSecondsMax = 3600

/** How a node is drained. */
export const DrainWishes = z.object({
  grace_seconds: z.number().int().min(0).max(graceSecondsMax).optional().describe("each pod's own unless given"),
  include_unmanaged: z.boolean().default(false).describe('also pods that nothing would start again elsewhere'),
})
