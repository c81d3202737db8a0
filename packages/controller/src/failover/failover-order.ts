import { poolNodesMax } from '@gridgate/core/action/survey'
import { TaskId } from '@gridgate/core/task/task'
import { z } from '@gridgate/http/z'
import type { Whereabouts } from '@gridgate/kube/failover/present-nodes'

/** Most leaders evicted in one call: a JobSet has one for each child Job. */
const podsMax = 2000

export const Name = z.string().min(1).max(253)
export const Uid = z.string().min(1).max(64)
const Label = z.string().min(1).max(317)

export const Nodes = z.array(z.object({ name: Name, uid: Uid })).max(poolNodesMax)
export const Pods = z.array(z.object({ name: Name, uid: Uid })).max(podsMax)

/** Who acts, and the number that a later action's is above (spec/decisions.md 35). */
export const FencedWork = z.object({
  action: TaskId.describe("the action's task, which the marks name"),
  fence: z.number().int().min(0),
})

/** A pool, a node of it, or neither. */
export const PoolWishes = z.object({
  pool_label: Label.nullable().default(null).describe('null: the first of the known labels that fits'),
  node_pool: Name.nullable().default(null),
  node_name: Name.nullable().default(null),
})

/** What is done to the nodes of a pool. With its label and name given, only its nodes are looked at. */
export const NodesWork = FencedWork.extend({
  nodes: Nodes,
  ...PoolWishes.pick({ pool_label: true, node_pool: true }).shape,
})

/** Where the nodes of a work are; null where that is not told. */
export const whereaboutsOf = ({
  pool_label,
  node_pool,
}: Pick<z.infer<typeof NodesWork>, 'pool_label' | 'node_pool'>): Whereabouts | null =>
  pool_label === null || node_pool === null ? null : { pool_label, node_pool }

/** The outcome of a node, of those of a kind of work. */
export const reportedAs = <Outcome extends string>(...outcomes: readonly [Outcome, ...Outcome[]]) =>
  z.object({
    nodes: z.array(
      z.object({
        name: z.string(),
        uid: z.string(),
        outcome: z.enum([...outcomes, 'gone', 'failed']),
        unschedulable: z.boolean(),
        cordoned_by: z.string().nullable().describe("null: no cordon, or a person's"),
        detail: z.string().nullable(),
      }),
    ),
  })

/** How many nodes came to what, for the log. */
export function tally(reports: readonly { outcome: string }[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { outcome } of reports) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}
