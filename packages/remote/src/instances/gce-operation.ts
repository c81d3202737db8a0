import { z } from 'zod'
import { callGoogle } from './call-google.ts'
import { type CloudParts, refusedBy, unclear } from './cloud-call.ts'

/** Looks at an operation; each is answered when it ends, at the latest after the deadline of a call. */
const looksMax = 2

export const GceOperation = z.object({
  name: z.string().regex(/^[a-z0-9-]{1,200}$/),
  status: z.enum(['PENDING', 'RUNNING', 'DONE']),
  error: z.object({ errors: z.array(z.object({ code: z.string() })) }).optional(),
})
export type GceOperation = z.infer<typeof GceOperation>

/** Codes of operations that ended without having done anything. */
const refusals: Readonly<Record<string, string>> = {
  QUOTA_EXCEEDED: 'the quota is used up',
  ZONE_RESOURCE_POOL_EXHAUSTED: 'the zone has no capacity',
  ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS: 'the zone has no capacity',
  RESOURCE_NOT_FOUND: 'there is no such thing',
  RESOURCE_NOT_READY: 'the state of the instance does not allow it',
  RESOURCE_IN_USE_BY_ANOTHER_RESOURCE: 'something else uses the instance',
  PERMISSIONS_ERROR: 'the service account lacks a right',
  CONDITION_NOT_MET: 'the instance has changed',
}

/**
 * Follows an accepted order for as long as a step may: Compute Engine finds out only then that the quota is used up.
 * One that still runs is left as accepted; what came of it shows in the instance.
 * @throws {GridError} `provider.refused`, `provider.unclear`
 */
export async function followOperation(
  parts: CloudParts,
  { scope, token, doing }: { scope: URL; token: string; doing: string },
  accepted: GceOperation,
): Promise<void> {
  let operation = accepted
  for (let looks = 0; operation.status !== 'DONE' && looks < looksMax; looks++) {
    const url = new URL(`operations/${operation.name}/wait`, scope)
    const next = callGoogle(parts, { url, method: 'POST', token, doing, changes: false, reply: GceOperation })
    // An order is not less accepted because looking at it failed.
    const seen = await next.catch(() => null)
    if (seen === null) return
    operation = seen
  }
  const code = operation.error?.errors[0]?.code
  if (code === undefined) return
  const why = refusals[code]
  throw why === undefined ? unclear({ doing }) : refusedBy({ doing }, why)
}
