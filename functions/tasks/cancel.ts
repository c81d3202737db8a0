import type { Needs } from '@gridgate/core/ports'
import { CancelRequested, cancelTask } from '@gridgate/core/task/cancel-task'
import { TaskId } from '@gridgate/core/task/task'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /tasks/{task_id}/cancel: the task takes back what it did and ends `cancelled`. */
export const requestCancel = endpoint(
  post('/tasks/{task_id}/cancel', {
    operation: 'tasks/cancel',
    summary: 'Ask a task to stop and undo its work',
    access: 'cluster-manager',
    params: z.object({ task_id: TaskId }),
    returns: CancelRequested,
    errors: ['task.not_found', 'task.finished'],
  }),
  async (ports: Needs<'tasks' | 'trail' | 'clock' | 'log'>, { params, caller }) =>
    new Reply(await cancelTask(ports, params.task_id, caller), { headers: { location: `/tasks/${params.task_id}` } }),
)

export const handler = lambda(requestCancel)
