import { ExecutionSwitch, SwitchChange } from '@gridgate/core/executor/execution-switch'
import { switchNetworkExecution } from '@gridgate/core/executor/switch-execution'
import type { Needs } from '@gridgate/core/ports'
import { put } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { lambda } from '@gridgate/runtime/lambda'

/** PUT /policy-execution: switches where the network's policies run. */
export const switchExecution = endpoint(
  put('/policy-execution', {
    operation: 'policy-execution/update',
    summary: "Switch where the network's policies run",
    access: 'network-admin',
    body: SwitchChange,
    returns: ExecutionSwitch,
    errors: ['executor.not_found', 'policy.changed', 'precondition.failed'],
  }),
  async (ports: Needs<'policyExecution' | 'executors' | 'trail' | 'log'>, request) => {
    const { setting, version } = await switchNetworkExecution(ports, { ...request, change: request.body })
    return new Reply(setting, { version })
  },
)

export const handler = lambda(switchExecution)
