import { z } from 'zod'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import type { JsonObject } from '../json.ts'
import { ask, DrainPass } from '../node/controller-nodes.ts'
import type { Needs } from '../ports.ts'
import type { TaskId } from '../task/task.ts'
import type { ActionOrder, PlanOutline } from './action.ts'
import { Survey } from './survey.ts'

/** Longest wait for a controller to change a large pool, in ms: it begins nothing after 12 s. */
const poolTimeoutMs = 25_000

type Ports = Needs<'controllers'>

/** Who acts: its mark, and the number that later actions on the cluster have a higher one of (spec/decisions.md 35). */
export interface Actor {
  action: string
  fence: number
}

/** What came of a cordon or its end, on one node. */
export const NodeOutcome = z.object({
  name: z.string(),
  uid: z.string(),
  outcome: z.string(),
  unschedulable: z.boolean(),
  cordoned_by: z.string().nullable(),
  detail: z.string().nullable(),
})
export type NodeOutcome = z.infer<typeof NodeOutcome>

const NodeOutcomes = z.object({ nodes: z.array(NodeOutcome) })

export const Evictions = z.object({
  pods: z.array(z.object({ name: z.string(), outcome: z.string(), detail: z.string().nullable() })),
})
export type Evictions = z.infer<typeof Evictions>

export const RestartProof = z.object({
  has_restarted: z.boolean(),
  restarts: z.number().int(),
  pods_ready: z.object({ ready: z.number().int(), total: z.number().int() }),
  detail: z.string(),
})
export type RestartProof = z.infer<typeof RestartProof>

/** @throws {GridError} `node.not_found`, `pool.not_found`, `jobset.not_found`, what `controllers.call` throws */
export async function surveyTarget(
  ports: Ports,
  stored: StoredCluster,
  { node_pool, node_name, namespace, jobset_name }: ActionOrder,
  poolLabel: string | null,
): Promise<Survey> {
  const body = { pool_label: poolLabel, node_pool, node_name, namespace, jobset_name }
  return call(ports, stored, 'survey', body, Survey)
}

/** With it the controller lists one pool instead of reading node by node. */
type Pool = Pick<PlanOutline, 'pool' | 'pool_label'>
const poolOf = ({ pool, pool_label }: Pool): JsonObject => ({ node_pool: pool, pool_label })

type NodeNames = readonly { name: string; uid: string }[]

export async function cordonNodes(ports: Ports, stored: StoredCluster, by: Actor, pool: Pool, nodes: NodeNames) {
  const body = { ...by, ...poolOf(pool), nodes: named(nodes) }
  return (await call(ports, stored, 'cordon', body, NodeOutcomes)).nodes
}

export async function uncordonNodes(ports: Ports, stored: StoredCluster, by: Actor, pool: Pool, nodes: NodeNames) {
  const body = { ...by, ...poolOf(pool), nodes: named(nodes) }
  return (await call(ports, stored, 'uncordon', body, NodeOutcomes)).nodes
}

/** One polite pass over the pods of these nodes. */
export async function drainNodes(
  ports: Ports,
  stored: StoredCluster,
  action: TaskId,
  pool: Pool,
  nodes: NodeNames,
  { includeUnmanaged }: { includeUnmanaged: boolean },
): Promise<DrainPass> {
  const body = { action, ...poolOf(pool), nodes: named(nodes), include_unmanaged: includeUnmanaged }
  return call(ports, stored, 'drain', body, DrainPass)
}

const named = (nodes: NodeNames): JsonObject[] => nodes.map(({ name, uid }) => ({ name, uid }))

export async function evictLeaders(ports: Ports, stored: StoredCluster, by: Actor, { jobset, pods }: PlanOutline) {
  const body = { ...by, ...jobSetOf(jobset), pods: named(pods) }
  return (await call(ports, stored, 'restart', body, Evictions)).pods
}

export async function proveRestart(
  ports: Ports,
  stored: StoredCluster,
  { jobset, pods }: PlanOutline,
  restartsBefore: number,
): Promise<RestartProof> {
  const body = { ...jobSetOf(jobset), restarts_before: restartsBefore, pods: named(pods) }
  return call(ports, stored, 'watch-restart', body, RestartProof)
}

function jobSetOf(jobset: PlanOutline['jobset']): JsonObject {
  if (jobset === null) throw new TypeError('the plan restarts no JobSet')
  return { namespace: jobset.namespace, jobset_name: jobset.name, jobset_uid: jobset.uid }
}

/** One Kubernetes Event that is to be recorded. */
export interface FailoverEvent {
  kind: 'Node' | 'JobSet'
  namespace?: string
  name: string
  uid: string
  type: 'Normal' | 'Warning'
  reason: string
  message: string
}

export async function recordEvents(
  ports: Ports,
  stored: StoredCluster,
  action: TaskId,
  events: readonly FailoverEvent[],
): Promise<void> {
  const body = { action, events: events.map((event) => ({ ...event })) }
  await call(ports, stored, 'events', body, z.looseObject({}))
}

const call = <Shape>(
  ports: Ports,
  stored: StoredCluster,
  what: string,
  body: JsonObject,
  shape: z.ZodType<Shape>,
): Promise<Shape> =>
  ask(ports, stored, { method: 'POST', path: `/failover/${what}`, body, timeoutMs: poolTimeoutMs }, shape)
