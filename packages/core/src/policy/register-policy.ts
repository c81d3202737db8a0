import type { Caller } from '../caller.ts'
import { clusterNotFound } from '../cluster/read-cluster.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { Warning } from '../warning.ts'
import { requireOwner } from './own-policy.ts'
import { pinCode } from './pin-code.ts'
import { type NewPolicy, type Policy, toPolicy } from './policy.ts'
import type { StoredPolicy } from './policy-store.ts'

/** Largest registry entry without its code, in bytes of JSON; a table row holds 400 KB. */
const entryBytesMax = 300 * 1024

/**
 * Registers a policy version; its code is looked at, pinned by digest, and never changes afterwards.
 * @throws {GridError} `policy.exists`, `request.too_large`, `auth.forbidden`, `cluster.not_found`, and what `pinCode` throws
 */
export async function registerPolicy(
  ports: Needs<'policies' | 'clusters' | 'engine' | 'codeFetcher' | 'trail'>,
  request: { policy: NewPolicy; caller: Caller; requestId: string | null },
): Promise<StoredPolicy & { warnings: Warning[] }> {
  const given = toPolicy(request.policy)
  requireOwner(request.caller, given.cluster_id)
  if (given.cluster_id !== null && !(await ports.clusters.find(given.cluster_id)))
    throw clusterNotFound(given.cluster_id)
  if (await ports.policies.find(given.policy_rule_uri)) throw alreadyThere(given.policy_rule_uri)

  const { shown, code, warnings } = await pinCode(ports, request.policy.code)
  const policy: Policy = { ...given, code: shown, code_digest: code?.digest ?? null }
  requireSmall(policy)

  const stored = await ports.policies.create(policy, code)
  ports.trail.note({ subject: `policy ${policy.policy_rule_uri}`, before: null, after: policy })
  return { ...stored, warnings }
}

/** @throws {GridError} `request.too_large` for an entry that would not fit into its row */
export function requireSmall(policy: Policy): void {
  if (Buffer.byteLength(JSON.stringify(policy)) <= entryBytesMax) return
  throw new GridError('request.too_large', `a policy without its code is at most ${entryBytesMax} bytes`, {
    details: { bytes_max: entryBytesMax },
  })
}

const alreadyThere = (uri: string): GridError =>
  new GridError('policy.exists', `the policy ${uri} is registered; publish a new version`)
