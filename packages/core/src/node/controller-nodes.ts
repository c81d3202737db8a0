import { z } from 'zod'
import { ClusterNode, type NodeId } from '../cluster/cluster-node.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import type { ControllerCall } from '../controller/controller-client.ts'
import { GridError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Needs } from '../ports.ts'
import { IssuedToken } from './join-data.ts'

/** A node as the cluster's controller tells it: our document of it, and what Kubernetes says. */
export const NodeEntry = z.object({
  node: ClusterNode,
  kubernetes: z.looseObject({
    name: z.string().min(1).max(253),
    uid: z.string().min(1).max(128),
    ready: z.boolean(),
    schedulable: z.boolean(),
    labels: z.record(z.string(), z.string()).default({}),
  }),
})
export type NodeEntry = z.infer<typeof NodeEntry>

/** Where a pod stands. */
const PodName = z.object({ namespace: z.string(), name: z.string() })
/** What one pass of a drain left. */
export const DrainPass = z.object({
  remaining: z.array(PodName),
  blocked: z.array(PodName.extend({ budget: z.string().nullish(), reason: z.string().nullish() })),
})
export type DrainPass = z.infer<typeof DrainPass>

const Removal = z.object({ removed: z.boolean() })

type NodePorts = Needs<'controllers'>

/** The node in Kubernetes, by label `nodeID`, else by name; null when it is not there. @throws {GridError} what `controllers.call` throws */
export async function findKubernetesNode(
  ports: NodePorts,
  stored: StoredCluster,
  id: NodeId,
): Promise<NodeEntry | null> {
  const found = await orNotThere(ask(ports, stored, { method: 'GET', path: pathOf(id) }, NodeEntry))
  return found ?? null
}

/** Labels the Kubernetes node with the document's id. @throws {GridError} `node.not_in_cluster` when Kubernetes has no such node */
export async function labelNode(ports: NodePorts, stored: StoredCluster, node: ClusterNode): Promise<NodeEntry> {
  const body = node as unknown as JsonObject
  return ask(ports, stored, { method: 'POST', path: '/cluster-actions/add-node', body }, NodeEntry)
}

/** Keeps new pods off the node, under the task's mark; repeated it changes nothing. */
export async function cordonNode(ports: NodePorts, stored: StoredCluster, at: NodeMark): Promise<void> {
  const body = { task_id: at.taskId, uid: at.uid }
  await ask(ports, stored, { method: 'POST', path: `${pathOf(at.nodeId)}/cordon`, body }, z.unknown())
}

/** Takes back the cordon that carries the task's mark; a node that is gone needs none. */
export async function uncordonNode(ports: NodePorts, stored: StoredCluster, at: NodeMark): Promise<void> {
  const body = { task_id: at.taskId }
  await orNotThere(ask(ports, stored, { method: 'POST', path: `${pathOf(at.nodeId)}/uncordon`, body }, z.unknown()))
}

/** Asks the pods of the node to go, once and politely. */
export async function drainNode(
  ports: NodePorts,
  stored: StoredCluster,
  at: NodeMark,
  includeUnmanaged: boolean,
): Promise<DrainPass> {
  const body = { task_id: at.taskId, uid: at.uid, include_unmanaged: includeUnmanaged }
  const call = { method: 'POST', path: `${pathOf(at.nodeId)}/drain`, body, timeoutMs: drainPassMsMax } as const
  const pass = await orNotThere(ask(ports, stored, call, DrainPass))
  return pass ?? { remaining: [], blocked: [] }
}

/** Removes the Kubernetes node if it still is the one that was looked at; one that is gone is removed already. */
export async function deleteKubernetesNode(ports: NodePorts, stored: StoredCluster, at: NodeMark): Promise<void> {
  const path = `${pathOf(at.nodeId)}?uid=${encodeURIComponent(at.uid)}`
  await orNotThere(ask(ports, stored, { method: 'DELETE', path }, Removal))
}

/** Makes a token by which a machine may join. @throws {GridError} `node.tokens_exhausted` */
export async function issueToken(
  ports: NodePorts,
  stored: StoredCluster,
  { taskId, seconds }: { taskId: string; seconds: number },
): Promise<IssuedToken> {
  const body = { task_id: taskId, seconds }
  return ask(ports, stored, { method: 'POST', path: '/join-tokens', body }, IssuedToken)
}

/** Ends the token made for a task; one that is gone needs no end. */
export async function dropToken(ports: NodePorts, stored: StoredCluster, taskId: string): Promise<void> {
  await ask(ports, stored, { method: 'DELETE', path: `/join-tokens/${encodeURIComponent(taskId)}` }, z.unknown())
}

/** Longest wait for one pass of a drain: a node may have some hundred pods. */
const drainPassMsMax = 25_000

/** A task's hold on one Kubernetes node. */
export interface NodeMark {
  nodeId: NodeId
  taskId: string
  /** Of the node when the task first looked: another one of the same name is left alone. */
  uid: string
}

const pathOf = (id: NodeId): string => `/nodes/${encodeURIComponent(id)}`

/** One call to the controller's main port, its answer read by a schema. @throws {GridError} `controller.failed` for an answer of another shape */
export async function ask<Answer>(
  ports: NodePorts,
  stored: StoredCluster,
  call: Omit<ControllerCall, 'part'>,
  schema: z.ZodType<Answer>,
): Promise<Answer> {
  const parsed = schema.safeParse(await ports.controllers.call(stored, { part: 'controller', ...call }))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue === undefined ? '' : ` at /${issue.path.join('/')}`
  throw new GridError('controller.failed', `the controller of ${stored.cluster.id} gave an unusable answer${where}`, {
    cause: parsed.error,
  })
}

/** Undefined for a node that Kubernetes does not have. */
async function orNotThere<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof GridError && error.code === 'node.not_found') return undefined
    throw error
  }
}
