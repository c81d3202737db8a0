import { type Caller, inScope } from '../caller.ts'
import { clusterNotFound } from '../cluster/read-cluster.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { Policy, PolicyUri } from './policy.ts'
import type { StoredPolicy } from './policy-store.ts'

/**
 * Refuses whoever may not change what belongs to the network, or to this cluster (spec/decisions.md 44).
 * @param clusterId the owner; null is the network
 * @throws {GridError} `auth.forbidden`, `cluster.not_found` for a cluster out of scope
 */
export function requireOwner(caller: Caller, clusterId: string | null): void {
  if (clusterId !== null && !inScope(caller, clusterId)) throw clusterNotFound(clusterId)
  if (clusterId === null && caller.role !== 'network-admin')
    throw new GridError('auth.forbidden', `the role ${caller.role} may not change what belongs to the network`)
}

/** Claims that the caller may see a policy: the network's everybody, a cluster's own only who sees the cluster. */
export const isVisible = (caller: Caller, policy: Pick<Policy, 'cluster_id'>): boolean =>
  policy.cluster_id === null || inScope(caller, policy.cluster_id)

/** A policy that the caller may see. @throws {GridError} `policy.not_found` */
export async function findVisible(ports: Needs<'policies'>, uri: PolicyUri, caller: Caller): Promise<StoredPolicy> {
  const stored = await ports.policies.find(uri)
  if (!stored || !isVisible(caller, stored.policy)) throw new GridError('policy.not_found', `no policy ${uri}`)
  return stored
}

/** Compares the If-Match of a request with what is stored. @throws {GridError} `precondition.failed` */
export function requireVersion(stored: { version: number }, ifMatch: number | null): void {
  if (ifMatch === null || ifMatch === stored.version) return
  throw new GridError('precondition.failed', `the policy is at version ${stored.version}, not ${ifMatch}`)
}
