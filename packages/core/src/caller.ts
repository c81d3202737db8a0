/** What a caller may do, from least to most (spec/decisions.md 44). `service` is for machines that report. */
export type Role = 'viewer' | 'cluster-manager' | 'network-admin' | 'service'

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
