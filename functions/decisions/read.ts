import { Decision } from '@gridgate/core/policy/decision'
import { readDecision } from '@gridgate/core/policy/list-decisions'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /decisions/{decision_id}: one decision of a policy. */
export const getDecision = endpoint(
  get('/decisions/{decision_id}', {
    summary: 'Read a decision of a policy',
    access: 'viewer',
    params: z.object({ decision_id: z.string().max(64) }),
    returns: Decision,
    errors: ['decision.not_found'],
  }),
  (ports: Needs<'decisions'>, { params, caller }) => readDecision(ports, params.decision_id, caller),
)

export const handler = lambda(getDecision)
