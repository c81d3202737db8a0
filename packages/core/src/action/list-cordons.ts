import { z } from 'zod'
import { type Caller, inScope } from '../caller.ts'
import type { ClusterId } from '../cluster/cluster.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import { clusterNotFound, readCluster } from '../cluster/read-cluster.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import { ask } from '../node/controller-nodes.ts'
import type { Page, PageRequest } from '../page.ts'
import type { Needs } from '../ports.ts'
import { isFinished, TaskId } from '../task/task.ts'
import type { StoredTask } from '../task/task-store.ts'

/** How long a cordon may outlive the task that set it until somebody should look, in hours (spec/decisions.md 37). */
const outlivesHoursMax = 24
/** Longest wait for a controller that looks through all of its nodes, in ms. */
const answerTimeoutMs = 25_000
/** Tasks read at once. */
const readAtOnce = 25

/** A node that a task of ours keeps closed. */
export const MarkedNode = z.object({
  name: z.string(),
  uid: z.string(),
  task_id: z.string(),
  action_id: z.string().nullable().describe('null: the task of no action, or one that is forgotten'),
  task_status: z.string().nullable().describe('null: the task is forgotten'),
  since: z.string().nullable().describe('when the task began, ISO 8601'),
  is_held: z.boolean().describe('a person wants it to stay closed'),
  is_overdue: z.boolean().describe(`its task ended more than ${outlivesHoursMax} h ago, or is forgotten`),
})
export type MarkedNode = z.infer<typeof MarkedNode>

const Marks = z.object({
  nodes: z.array(z.object({ name: z.string(), uid: z.string(), cordoned_by: z.string(), is_held: z.boolean() })),
})
type Mark = z.infer<typeof Marks>['nodes'][number]

type CordonPorts = Needs<'clusters' | 'controllers' | 'tasks' | 'clock'>

/**
 * The nodes of a cluster that carry a mark of ours, by name: nothing is held that nobody knows of.
 * @throws {GridError} `cluster.not_found`, `cursor.invalid`, what `controllers.call` throws
 */
export async function pageCordons(
  ports: CordonPorts,
  id: ClusterId,
  { limit, cursor }: PageRequest,
  caller: Caller,
): Promise<Page<MarkedNode>> {
  if (!inScope(caller, id)) throw clusterNotFound(id)
  const list = `cordons of ${id}`
  const after = cursor === undefined ? '' : decodeCursor(list, cursor)
  const marks = await marksOf(ports, await readCluster(ports, id))
  const rest = marks.filter(({ name }) => name > after)
  const items = await describeAll(ports, rest.slice(0, limit))
  return { items, nextCursor: rest.length > limit ? encodeCursor(list, items.at(-1)?.name ?? '') : null }
}

/** Everything of a cluster that is marked, by name. @throws {GridError} what `controllers.call` throws */
export async function listMarked(
  ports: Needs<'controllers' | 'tasks' | 'clock'>,
  stored: StoredCluster,
): Promise<MarkedNode[]> {
  return describeAll(ports, await marksOf(ports, stored))
}

async function describeAll(ports: Needs<'tasks' | 'clock'>, marks: readonly Mark[]): Promise<MarkedNode[]> {
  const told: MarkedNode[] = []
  for (let at = 0; at < marks.length; at += readAtOnce)
    told.push(...(await Promise.all(marks.slice(at, at + readAtOnce).map((mark) => describe(ports, mark)))))
  return told
}

async function marksOf(ports: Needs<'controllers'>, stored: StoredCluster): Promise<Mark[]> {
  const call = { method: 'GET', path: '/failover/marks', timeoutMs: answerTimeoutMs } as const
  const { nodes } = await ask(ports, stored, call, Marks)
  return nodes.toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

async function describe(ports: Needs<'tasks' | 'clock'>, mark: Mark): Promise<MarkedNode> {
  const { name, uid, cordoned_by: task_id, is_held } = mark
  const id = TaskId.safeParse(task_id)
  const found = id.success ? await ports.tasks.find(id.data) : null
  return {
    ...{ name, uid, task_id, is_held },
    action_id: z.string().safeParse(found?.task.task_data.action_id).data ?? null,
    task_status: found?.task.task_status ?? null,
    since: found?.createdAt ?? null,
    is_overdue: !is_held && isOverdue(found, ports.clock.now()),
  }
}

const isOverdue = (found: StoredTask | null, now: Date): boolean =>
  found === null ||
  (isFinished(found.task) && now.getTime() / 1000 - found.task.task_update_timestamp > outlivesHoursMax * 3600)
