import { FailoverRule } from '@gridgate/core/alarm/failover-rule'
import { createRule } from '@gridgate/core/alarm/manage-rules'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { lambda } from '@gridgate/runtime/lambda'

/** POST /failover-rules: makes a rule; one that acts needs a network admin. */
export const addRule = endpoint(
  post('/failover-rules', {
    operation: 'failover/rule-create',
    cluster: ({ body }) => body.cluster_id,
    summary: 'Create a failover rule',
    access: 'cluster-manager',
    body: FailoverRule,
    returns: FailoverRule,
    errors: ['cluster.not_found', 'rule.exists', 'rule.too_many'],
  }),
  async (ports: Needs<'failoverRules' | 'clusters' | 'trail'>, { body, caller }) => {
    const { rule, version } = await createRule(ports, body, { caller })
    return new Reply(rule, { version })
  },
)

export const handler = lambda(addRule)
