import { type Caller, inScope } from '../caller.ts'
import type { ClusterId } from '../cluster/cluster.ts'
import { pageOf } from '../cursor.ts'
import type { Page } from '../page.ts'
import type { Needs } from '../ports.ts'
import type { Task, TaskStatus, TaskType } from './task.ts'

/** What a list of tasks may be narrowed by. */
export interface TaskQuery {
  task_type?: TaskType | undefined
  task_status?: TaskStatus | undefined
  cluster_id?: ClusterId | undefined
  limit: number
  cursor?: string | undefined
}

/** Tasks that the caller may see, newest first. @throws {GridError} `cursor.invalid` */
export async function listTasks(ports: Needs<'tasks'>, query: TaskQuery, caller: Caller): Promise<Page<Task>> {
  const { task_type: type, task_status: status, cluster_id: wanted, cursor, limit } = query
  const clusters = wanted === undefined ? caller.clusters : inScope(caller, wanted) ? [wanted] : []
  const list = `tasks ${JSON.stringify([type, status, wanted])}`
  const page = await pageOf(list, { cursor, limit }, (at) => ports.tasks.list({ type, status, clusters }, at))
  return { ...page, items: page.items.map(({ task }) => task) }
}
