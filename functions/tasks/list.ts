import { ClusterId } from '@gridgate/core/cluster/cluster'
import { PageRequest } from '@gridgate/core/page'
import type { Needs } from '@gridgate/core/ports'
import { listTasks } from '@gridgate/core/task/list-tasks'
import { Task, TaskStatus, TaskTypeFilter } from '@gridgate/core/task/task'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /tasks: tasks of the clusters in scope, newest first; the original's type names are understood too. */
export const getTasks = endpoint(
  get('/tasks', {
    summary: 'List tasks, newest first',
    access: 'viewer',
    query: PageRequest.extend({
      task_type: TaskTypeFilter.optional(),
      task_status: TaskStatus.optional(),
      cluster_id: ClusterId.optional(),
    }),
    returns: z.array(Task),
    errors: ['cursor.invalid'],
  }),
  async (ports: Needs<'tasks'>, { query, caller }) => {
    const { items, nextCursor } = await listTasks(ports, query, caller)
    return new Reply(items, { beside: { next_cursor: nextCursor } })
  },
)

export const handler = lambda(getTasks)
