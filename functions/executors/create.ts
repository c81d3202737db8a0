import { Executor, NewExecutor } from '@gridgate/core/executor/executor'
import { registerExecutor } from '@gridgate/core/executor/register-executor'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /executor: registers a policy executor. */
export const addExecutor = endpoint(
  post('/executor', {
    operation: 'executors/create',
    summary: 'Register a policy executor',
    access: 'network-admin',
    body: NewExecutor,
    returns: Executor,
    errors: ['executor.exists', 'address.refused'],
  }),
  async (ports: Needs<'executors' | 'executorClient' | 'trail'>, request) => {
    const { executor, version, warnings } = await registerExecutor(ports, request)
    return new Reply(executor, { version, warnings })
  },
)

export const handler = lambda(addExecutor)
