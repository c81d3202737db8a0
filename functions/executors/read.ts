import { Executor, ExecutorId } from '@gridgate/core/executor/executor'
import { findExecutor } from '@gridgate/core/executor/find-executor'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /executor/{executor_id}: one policy executor. */
export const showExecutor = endpoint(
  get('/executor/{executor_id}', {
    summary: 'Read a policy executor',
    access: 'viewer',
    params: z.object({ executor_id: ExecutorId }),
    returns: Executor,
    errors: ['executor.not_found'],
  }),
  async (ports: Needs<'executors'>, { params }) => {
    const { executor, version } = await findExecutor(ports, params.executor_id)
    return new Reply(executor, { version })
  },
)

export const handler = lambda(showExecutor)
