import { z } from 'zod'
import { ActionType } from '../action/action.ts'
import { ClusterId } from '../cluster/cluster.ts'
import { TaskId } from '../task/task.ts'
import { clusterWindowSecondsMax, cooldownSecondsMax, networkWindowSecondsMax } from './budgets.ts'

/** Most entries of a history, so that its item stays below 400 KB. A full one admits nothing more: what is not written down is not counted. */
export const clusterEntriesMax = 400
export const networkEntriesMax = 1000
/** Clusters whose size the network remembers, and for how long without a new survey. */
const sizesMax = 1000
const sizeDaysKept = 30

/** What one action used up of a cluster's budgets, written down before it begins. */
export const HistoryEntry = z.object({
  action: TaskId,
  at: z.iso.datetime(),
  type: ActionType,
  pool: z.string().nullable(),
  /** `namespace/name` */
  jobset: z.string().nullable(),
  /** Names of the nodes that it repairs. */
  repairs: z.array(z.string()),
  is_automatic: z.boolean(),
})
export type HistoryEntry = z.infer<typeof HistoryEntry>

/** What was done on one cluster. */
export const ClusterHistory = z.object({ entries: z.array(HistoryEntry) })
export type ClusterHistory = z.infer<typeof ClusterHistory>

/** What one action used up of the network's budgets. */
export const NetworkEntry = z.object({
  action: TaskId,
  at: z.iso.datetime(),
  cluster_id: ClusterId,
  /** Accelerator nodes that it cordons. */
  cordoned: z.int(),
  /** Nodes that it repairs. */
  repaired: z.int(),
  is_automatic: z.boolean(),
})
export type NetworkEntry = z.infer<typeof NetworkEntry>

/** What was done in the network, and how many accelerator nodes each cluster had when it was last surveyed. */
export const NetworkHistory = z.object({
  entries: z.array(NetworkEntry),
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
  entries: added(entries, entry, keptEntries(entries, new Date(entry.at))),
})

/** The same for the network's, which also learns how large the cluster is. */
export function withNetworkEntry(
  history: NetworkHistory,
  entry: NetworkEntry,
  acceleratorNodes: number,
): NetworkHistory {
  const now = new Date(entry.at)
  const others = Object.entries(history.accelerator_nodes)
    .filter(([id, size]) => id !== entry.cluster_id && within([size], sizeDaysKept * 86_400, now).length > 0)
    .sort(([, one], [, other]) => (one.at < other.at ? 1 : -1))
    .slice(0, sizesMax - 1)
  return {
    entries: added(history.entries, entry, within(history.entries, networkWindowSecondsMax, now)),
    accelerator_nodes: { ...Object.fromEntries(others), [entry.cluster_id]: { count: acceleratorNodes, at: entry.at } },
  }
}

/** An action that is counted again keeps its place. */
const added = <Entry extends { action: TaskId }>(all: readonly Entry[], entry: Entry, kept: Entry[]): Entry[] =>
  all.some(({ action }) => action === entry.action) ? [...all] : [...kept, entry]

/** Entries of a cluster that a budget may still look at: only the cooldown looks at those that repaired nothing. */
export const keptEntries = (entries: readonly HistoryEntry[], now: Date): HistoryEntry[] =>
  entries.filter((entry) => {
    const seconds = entry.repairs.length > 0 ? clusterWindowSecondsMax : cooldownSecondsMax
    return within([entry], seconds, now).length > 0
  })

/**
 * The entries of a sliding window. One is in it while less than its seconds have passed: at exactly the interval it is out.
 * One from the future, after a clock was set back, is in it.
 */
export const within = <Entry extends { at: string }>(entries: readonly Entry[], seconds: number, now: Date): Entry[] =>
  entries.filter(({ at }) => Math.max(0, now.getTime() - Date.parse(at)) < seconds * 1000)
