import type { ClusterId } from '../cluster/cluster.ts'

/** Amounts by what is counted, such as `actions#cordon_nodepool#failed`. Names come from closed lists, so they are few. */
export type Counts = Readonly<Record<string, number>>

/** What was counted of a cluster, or of the network. */
export interface Counted {
  clusterId: ClusterId | null
  counts: Counts
}

/** Port: what happened so often. A cluster's counts outlive it. */
export interface CounterStore {
  /** Adds, at once with whoever else does. Not to be repeated: each call counts. */
  add(counted: Counted): Promise<void>
  /** Of every cluster of which something was counted, and of the network. */
  list(): Promise<Counted[]>
}
