import type { Needs } from '@gridgate/core/ports'
import { readTask } from '@gridgate/core/task/read-task'
import { Task, TaskId } from '@gridgate/core/task/task'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /tasks/{task_id}, and the documented GET /task/{task_id}. */
export const getTask = endpoint(
  get('/tasks/{task_id}', {
    summary: 'Read a task',
    access: 'viewer',
    params: z.object({ task_id: TaskId }),
    returns: Task,
    errors: ['task.not_found'],
    aliases: [{ method: 'GET', path: '/task/{task_id}' }],
  }),
  async (ports: Needs<'tasks'>, { params, caller }) => {
    const { task, version } = await readTask(ports, params.task_id, caller)
    return new Reply(task, { version })
  },
)

export const handler = lambda(getTask)
