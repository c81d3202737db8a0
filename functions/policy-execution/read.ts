import { ExecutionSwitch } from '@gridgate/core/executor/execution-switch'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /policy-execution: where the network's policies run. */
export const readExecution = endpoint(
  get('/policy-execution', {
    summary: "Read where the network's policies run",
    access: 'viewer',
    returns: ExecutionSwitch,
  }),
  async (ports: Needs<'policyExecution'>) => {
    const { setting, version } = await ports.policyExecution.read()
    return new Reply(setting, { version })
  },
)

export const handler = lambda(readExecution)
