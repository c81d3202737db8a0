import { expositionMediaType } from '@gridgate/core/counter/exposition'
import { showCounters } from '@gridgate/core/counter/show-counters'
import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /failover/metrics: how failover fares, for Prometheus and what reads its format. */
export const showMetrics = endpoint(
  get('/failover/metrics', {
    summary: 'Count actions, refusals, steps, open actions, budgets left and notifications',
    access: 'viewer',
    returns: z.string(),
    envelope: false,
    mediaType: 'text/plain',
  }),
  async (ports: Needs<'counters' | 'failoverSettings' | 'histories' | 'tasks' | 'clock'>, { caller }) =>
    new Reply(await showCounters(ports, caller), { headers: { 'content-type': expositionMediaType } }),
)

export const handler = lambda(showMetrics)
