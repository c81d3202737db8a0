import { type Caller, inScope } from '../caller.ts'
import { pageOf } from '../cursor.ts'
import { GridError } from '../errors.ts'
import type { Page } from '../page.ts'
import type { Needs } from '../ports.ts'
import { type ActionId, type ActionNode, type ActionRecord, isOver } from './action.ts'
import type { ActionFilter, StoredAction } from './action-store.ts'

/** Time between two looks at an action that is waited for, in ms. */
const lookIntervalMs = 200

/** The action, when the caller may see its cluster. @throws {GridError} `action.not_found` */
export async function findAction(ports: Needs<'actions'>, id: ActionId, caller: Caller): Promise<StoredAction> {
  const stored = await ports.actions.find(id)
  if (!stored || !inScope(caller, stored.record.cluster_id)) throw new GridError('action.not_found', `no action ${id}`)
  return stored
}

/** What is told of an action, with the steps that its task has done (spec/decisions.md 33). */
export async function describeAction(ports: Needs<'tasks'>, { record }: StoredAction): Promise<ActionRecord> {
  const found = record.task_id === null ? null : await ports.tasks.find(record.task_id)
  return { ...record, steps: found?.task.task_status_data.steps ?? [] }
}

/** One page of the nodes of an action. @throws {GridError} `cursor.invalid` */
export async function pageOfNodes(
  ports: Needs<'actions'>,
  action: StoredAction,
  query: { limit: number; cursor?: string | undefined },
): Promise<Page<ActionNode>> {
  return pageOf(`nodes of ${action.record.id}`, query, (at) => ports.actions.listNodes(action, at))
}

/** What a list of actions may be asked. */
export interface ActionQuery extends Omit<ActionFilter, 'clusters'> {
  cluster_id?: string | undefined
  limit: number
  cursor?: string | undefined
}

/** Actions that the caller may see, newest first, without their steps. @throws {GridError} `cursor.invalid` */
export async function listActions(
  ports: Needs<'actions'>,
  { cluster_id: wanted, limit, cursor, ...narrowed }: ActionQuery,
  caller: Caller,
): Promise<Page<StoredAction['record']>> {
  const clusters = wanted === undefined ? caller.clusters : inScope(caller, wanted) ? [wanted] : []
  const list = `actions ${JSON.stringify([wanted, narrowed.pool, narrowed.type, narrowed.state, narrowed.since])}`
  const page = await pageOf(list, { cursor, limit }, (at) => ports.actions.list({ ...narrowed, clusters }, at))
  return { ...page, items: page.items.map(({ record }) => record) }
}

/** The action once it is over, or as it is when the time is. */
export async function awaitAction(
  ports: Needs<'actions' | 'clock'>,
  action: StoredAction,
  { waitMs, pause }: { waitMs: number; pause: (ms: number) => Promise<void> },
): Promise<StoredAction> {
  const end = ports.clock.now().getTime() + waitMs
  let last = action
  for (;;) {
    const leftMs = end - ports.clock.now().getTime()
    if (isOver(last.record.state) || leftMs <= 0) return last
    await pause(Math.min(lookIntervalMs, leftMs))
    last = (await ports.actions.find(action.record.id)) ?? last
  }
}
