import { z } from 'zod'
import type { ClusterId } from '../cluster/cluster.ts'
import type { ClusterNode } from '../cluster/cluster-node.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import type { Asker } from '../cluster/guard-document.ts'
import { invalidBody } from '../cluster/invalid-document.ts'
import { readCluster } from '../cluster/read-cluster.ts'
import { controllerAddress } from '../controller/controller-client.ts'
import { GridError } from '../errors.ts'
import { JsonObject } from '../json.ts'
import type { Needs } from '../ports.ts'
import { startTask } from '../task/start-task.ts'
import { TaskId } from '../task/task.ts'
import type { Warning } from '../warning.ts'
import { refuseKnown } from './add-node.ts'
import { dropToken, findKubernetesNode, issueToken } from './controller-nodes.ts'
import { localMode, refuseExternalJoin } from './external-node.ts'
import { guardAddition, type NodeGuardPorts } from './guard-node.ts'
import { type JoinData, joinData, requireJoinable } from './join-data.ts'
import { type JoinMemo, type JoinWork, joinSeconds } from './join-work.ts'
import { locksAgainstNodes, nodeLocks, refuseBusy } from './node-task.ts'
import { readNode } from './read-node.ts'

/** Body of `/join-node` (spec/gateway-api.md §9). */
export const JoinRequest = z.object({
  node_data: JsonObject.describe('the node document'),
  mode: z.string().min(1).max(64).default(localMode).describe('any other mode joins from outside'),
  custom_ip: z.string().max(256).nullish().describe('a name in config.secondaryIPs'),
  timeout_seconds: z
    .number()
    .int()
    .min(joinSeconds.min)
    .max(joinSeconds.max)
    .default(joinSeconds.default)
    .describe('how long the machine may take to join and become ready'),
})
export type JoinRequest = z.infer<typeof JoinRequest>

export interface Joining {
  join: JoinData
  taskId: TaskId
  nodeId: string
  warnings: Warning[]
}

type JoinPorts = Needs<'clusters' | 'controllers' | 'tasks' | 'workflows'> & NodeGuardPorts

/**
 * Gives a machine what it needs to join a cluster, once both policies admit its node, and starts the task that follows it until
 * the node is ready and recorded. The token is in this reply and nowhere else.
 * @throws {GridError} `cluster.not_found`, `cluster.no_controller`, `node.exists`, `node.external_refused`, `node.join_unconfigured`,
 *   `node.tokens_exhausted`, `task.running`, what the policies and the controller say
 */
export async function joinNode(
  ports: JoinPorts,
  clusterId: ClusterId,
  body: JoinRequest,
  asker: Asker,
): Promise<Joining> {
  const { node, warnings } = readNode(body.node_data, clusterId, '/node_data')
  refuseUnusableName(node)
  const way = { mode: body.mode, customIp: body.custom_ip ?? '' }
  const stored = await readCluster(ports, clusterId)
  refuseExternalJoin(stored, way.mode)
  controllerAddress(stored, 'controller')
  refuseKnown(stored, node.id)
  requireJoinable(stored, way)
  await refuseBusy(ports, clusterId, nodeLocks(clusterId, node.id))
  await refuseJoined(ports, stored, node)

  const taskId = TaskId.parse(ports.ids.next())
  const admitted = await guardAddition(ports, { ...asker, stored, taskId }, node)
  const issued = await issueToken(ports, stored, { taskId, seconds: body.timeout_seconds })
  try {
    const join = joinData(stored, way, node.id, issued)
    const waiting = { node: admitted, timeoutSeconds: body.timeout_seconds, expiresAt: issued.expires_at }
    await follow(ports, asker, { taskId, clusterId, waiting })
    return { join, taskId, nodeId: node.id, warnings }
  } catch (error) {
    await dropUnused(ports, stored, taskId)
    throw error
  }
}

async function follow(
  ports: JoinPorts,
  { caller }: Asker,
  given: { taskId: TaskId; clusterId: ClusterId; waiting: Pick<JoinMemo, 'node' | 'timeoutSeconds' | 'expiresAt'> },
): Promise<void> {
  const { taskId, clusterId, waiting } = given
  const nodeId = waiting.node.id
  const work = { taskId, clusterId, nodeId, isReady: false, waitSeconds: 0 } satisfies JoinWork
  const memo = { ...waiting, isSeen: false, isStored: false, isTokenDropped: false } satisfies JoinMemo
  await startTask(ports, {
    taskId,
    type: 'node_addition',
    caller,
    clusterId,
    data: { cluster_id: clusterId, node_id: nodeId },
    locks: nodeLocks(clusterId, nodeId),
    unless: locksAgainstNodes(clusterId),
    workflow: 'join-node',
    input: work,
    memo: memo as unknown as JsonObject,
  })
}

/** A token that nobody was given; it would expire by itself. */
async function dropUnused(ports: JoinPorts, stored: StoredCluster, taskId: TaskId): Promise<void> {
  try {
    await dropToken(ports, stored, taskId)
  } catch (error) {
    ports.log.warn('join.token_kept', { taskId, clusterId: stored.cluster.id, error })
  }
}

/** The machine joins under its id, so that it is found again: a Kubernetes node's name has fewer letters than a label. */
function refuseUnusableName({ id }: ClusterNode): void {
  if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(id)) return
  throw invalidBody([
    {
      pointer: '/node_data/id',
      detail: 'must be the name of a Kubernetes node to join: lower-case letters, digits, dashes and dots',
    },
  ])
}

/** A machine that is part of the cluster has nothing to join. @throws {GridError} `node.exists` */
async function refuseJoined(ports: JoinPorts, stored: StoredCluster, { id }: ClusterNode): Promise<void> {
  const entry = await findKubernetesNode(ports, stored, id)
  if (!entry?.kubernetes.ready) return
  const { id: clusterId } = stored.cluster
  throw new GridError(
    'node.exists',
    `node ${id} is part of ${clusterId}'s Kubernetes already; record it with POST /nodes/add-node-to-cluster/${clusterId}`,
  )
}
