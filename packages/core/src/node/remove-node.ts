import { z } from 'zod'
import { poolLock, poolOf } from '../action/pool-labels.ts'
import type { ClusterId } from '../cluster/cluster.ts'
import type { NodeId } from '../cluster/cluster-node.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import type { Asker } from '../cluster/guard-document.ts'
import { readCluster } from '../cluster/read-cluster.ts'
import { hasController } from '../controller/controller-client.ts'
import type { Scheduled } from '../infra/start-infra-task.ts'
import type { Needs } from '../ports.ts'
import { startTask } from '../task/start-task.ts'
import { TaskId } from '../task/task.ts'
import type { Lock } from '../task/task-store.ts'
import { nodeIn, nodeNotFound } from './change-nodes.ts'
import { findKubernetesNode } from './controller-nodes.ts'
import { guardRemoval, type NodeGuardPorts } from './guard-node.ts'
import { locksAgainstNodes, nodeLocks, refuseBusy } from './node-task.ts'
import { drainSeconds, type RemovalMemo, type RemovalWork } from './removal-work.ts'

/** What a caller may say about the drain, in a query or a body. */
export const RemovalOptions = z.object({
  timeout_seconds: z.coerce
    .number()
    .int()
    .min(drainSeconds.min)
    .max(drainSeconds.max)
    .default(drainSeconds.default)
    .describe('how long pods may take to leave'),
  include_unmanaged: z
    .union([z.boolean(), z.stringbool()])
    .default(false)
    .describe('whether pods go that nothing would start again elsewhere'),
})
export type RemovalOptions = z.infer<typeof RemovalOptions>

export interface RemovalOrder {
  clusterId: ClusterId
  nodeId: NodeId
  options: RemovalOptions
}

/**
 * Starts the task that takes a node out of a cluster, once both policies admit it (spec/decisions.md 16). A node that only
 * Kubernetes knows, as a failed join leaves one, can be removed too.
 * @throws {GridError} `cluster.not_found`, `node.not_found`, `task.running`, what the policies and the controller say
 */
export async function removeNode(
  ports: Needs<'clusters' | 'controllers' | 'failoverSettings' | 'tasks' | 'workflows'> & NodeGuardPorts,
  { clusterId, nodeId, options }: RemovalOrder,
  asker: Asker,
): Promise<Scheduled> {
  const stored = await readCluster(ports, clusterId)
  const locks = await locksOf(ports, stored, nodeId)
  await refuseBusy(ports, clusterId, locks)
  const taskId = TaskId.parse(ports.ids.next())
  await guardRemoval(ports, { ...asker, stored, taskId }, nodeId)

  const work = {
    ...{ taskId, clusterId, nodeId },
    ...{ isInKubernetes: false, isReady: false, waitSeconds: 0 },
  } satisfies RemovalWork
  const memo = {
    ...{ timeoutSeconds: options.timeout_seconds, includeUnmanaged: options.include_unmanaged, uid: null },
    ...{ isCordoned: false, isUncordoned: false, isRemoved: false, isForgotten: false },
  } satisfies RemovalMemo
  await startTask(ports, {
    taskId,
    type: 'node_removal',
    caller: asker.caller,
    clusterId,
    data: { cluster_id: clusterId, node_id: nodeId },
    locks,
    unless: locksAgainstNodes(clusterId),
    workflow: 'remove-node',
    input: work,
    memo,
  })
  return { message: 'scheduled in background', task_id: taskId }
}

/**
 * The locks of a removal: one at a time takes nodes of a pool out of service, a failover action too (spec/decisions.md 35).
 * @throws {GridError} `node.not_found`
 */
async function locksOf(
  ports: Needs<'controllers' | 'failoverSettings'>,
  stored: StoredCluster,
  nodeId: NodeId,
): Promise<Lock[]> {
  const entry = hasController(stored) ? await findKubernetesNode(ports, stored, nodeId) : null
  const { id } = stored.cluster
  if (!entry && !nodeIn(stored.cluster, nodeId)) throw nodeNotFound(id, nodeId)
  const { value } = await ports.failoverSettings.find(id)
  const pool = entry && poolOf(entry.kubernetes.labels, value.pool_label)
  return [...nodeLocks(id, nodeId), ...(pool === null ? [] : [poolLock(id, pool)])]
}
