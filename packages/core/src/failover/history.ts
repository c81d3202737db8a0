import { z } from 'zod'
import { ActionType } from '../action/action.ts'
import { ClusterId } from '../cluster/cluster.ts'
import { TaskId } from '../task/task.ts'
import { clusterWindowSecondsMax, networkWindowSecondsMax } from './budgets.ts'

/** Most entries of one history. A full one admits nothing more, for what is not written down cannot be counted. */
export const entriesMax = 1000
/** Clusters whose size the network remembers, and for how long without a new survey. */
const sizesMax = 2000
const sizeDaysKept = 30

/** What one action used up of the budgets, written down before it begins. */
export const HistoryEntry = z.object({
  action: TaskId,
  at: z.iso.datetime(),
  type: ActionType,
  cluster_id: ClusterId,
  pool: z.string().nullable(),
  /** `namespace/name` */
  jobset: z.string().nullable(),
  /** Accelerator nodes that it cordons. */
  cordons: z.int(),
  /** Names of the nodes that it repairs. */
  repairs: z.array(z.string()),
  is_automatic: z.boolean(),
})
export type HistoryEntry = z.infer<typeof HistoryEntry>

/** What was done on one cluster. */
export const ClusterHistory = z.object({ entries: z.array(HistoryEntry) })
export type ClusterHistory = z.infer<typeof ClusterHistory>

/** What was done in the network, and how many accelerator nodes each cluster had when it was last surveyed. */
export const NetworkHistory = ClusterHistory.extend({
  accelerator_nodes: z.record(z.string(), z.object({ count: z.int(), at: z.iso.datetime() })),
})
export type NetworkHistory = z.infer<typeof NetworkHistory>

/** Port: the histories, each one item with a version. What is put in their place goes into the transaction that starts the action. */
export interface HistoryStore {
  /** Strongly consistent; empty with version 0 before the first action. @throws {GridError} `budget.unreadable` */
  find(id: ClusterId): Promise<{ history: ClusterHistory; version: number }>
  findNetwork(): Promise<{ history: NetworkHistory; version: number }>
}

/** A history of a cluster with one more entry, without those that no budget looks at any more. */
export const withEntry = ({ entries }: ClusterHistory, entry: HistoryEntry): ClusterHistory => ({
  entries: added(entries, entry, clusterWindowSecondsMax),
})

/** The same for the network's, which also learns how large the cluster is. */
export function withNetworkEntry(
  history: NetworkHistory,
  entry: HistoryEntry,
  acceleratorNodes: number,
): NetworkHistory {
  const since = Date.parse(entry.at) - sizeDaysKept * 86_400_000
  const others = Object.entries(history.accelerator_nodes)
    .filter(([id, { at }]) => id !== entry.cluster_id && Date.parse(at) > since)
    .sort(([, one], [, other]) => (one.at < other.at ? 1 : -1))
    .slice(0, sizesMax - 1)
  return {
    entries: added(history.entries, entry, networkWindowSecondsMax),
    accelerator_nodes: { ...Object.fromEntries(others), [entry.cluster_id]: { count: acceleratorNodes, at: entry.at } },
  }
}

/** An action that is counted again keeps its place. */
function added(entries: readonly HistoryEntry[], entry: HistoryEntry, seconds: number): HistoryEntry[] {
  if (entries.some(({ action }) => action === entry.action)) return [...entries]
  return [...within(entries, seconds, new Date(entry.at)), entry]
}

/**
 * The entries of a sliding window. One is in it while less than its seconds have passed: at exactly the interval it is out.
 * One from the future, after a clock was set back, is in it.
 */
export const within = (entries: readonly HistoryEntry[], seconds: number, now: Date): HistoryEntry[] =>
  entries.filter(({ at }) => Math.max(0, now.getTime() - Date.parse(at)) < seconds * 1000)
