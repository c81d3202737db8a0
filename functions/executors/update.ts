import { Executor, ExecutorChange, ExecutorId } from '@gridgate/core/executor/executor'
import { updateExecutor } from '@gridgate/core/executor/update-executor'
import type { Needs } from '@gridgate/core/ports'
import { put } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** PUT /executor/{executor_id}: changes a policy executor. */
export const changeExecutor = endpoint(
  put('/executor/{executor_id}', {
    operation: 'executors/update',
    summary: 'Change a policy executor',
    access: 'network-admin',
    params: z.object({ executor_id: ExecutorId }),
    body: z
      .union([z.strictObject({ $set: ExecutorChange }).transform(({ $set }) => $set), ExecutorChange])
      .describe('The fields to change, or the whole entry; `{"$set": …}` means its content'),
    returns: Executor,
    errors: ['executor.not_found', 'executor.changed', 'field.system_owned', 'address.refused', 'precondition.failed'],
  }),
  async (ports: Needs<'executors' | 'executorClient' | 'trail'>, request) => {
    const { params, body: change } = request
    const { executor, version } = await updateExecutor(ports, { ...request, id: params.executor_id, change })
    return new Reply(executor, { version })
  },
)

export const handler = lambda(changeExecutor)
