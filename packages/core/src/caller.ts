import { z } from 'zod'

/** What a caller may do, from least to most (spec/decisions.md 44). `service` is for machines that report. */
export const Role = z.enum(['viewer', 'cluster-manager', 'network-admin', 'service'])
export type Role = z.infer<typeof Role>

/** Who made a request, after authentication. */
export interface Caller {
  /** Key id or subject of the token; shown in decisions, tasks and the audit log. */
  id: string
  role: Role
  /** Clusters in scope; `*` is all of them. */
  clusters: readonly string[] | '*'
}

/** Claims that the caller may see the cluster at all; what is out of scope answers like what is not there. */
export const inScope = (caller: Caller, clusterId: string): boolean =>
  caller.clusters === '*' || caller.clusters.includes(clusterId)

/** Why a role cannot be had for these clusters, or null when it can: for all of them it would be another role. */
export function scopeProblem({ role, clusters }: Pick<Caller, 'role' | 'clusters'>): string | null {
  if (role === 'cluster-manager' && clusters === '*')
    return 'the role cluster-manager is for named clusters, not for "*"'
  if (role === 'network-admin' && clusters !== '*') return 'the role network-admin is for "*", not for named clusters'
  return null
}
