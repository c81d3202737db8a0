import type { Needs } from '@gridgate/core/ports'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

const Readiness = z.object({
  status: z.enum(['ready', 'not_ready']),
  dependencies: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string().optional() })),
})

/** GET /readyz: asks each dependency; 503 while one is down. */
export const readReadiness = endpoint(
  get('/readyz', { summary: 'Can the service do its work?', access: 'anyone', returns: Readiness }),
  async (ports: Needs<'health'>) => {
    const dependencies = await ports.health.check()
    const ready = Object.values(dependencies).every(({ ok }) => ok)
    return new Reply({ status: ready ? 'ready' : 'not_ready', dependencies }, { status: ready ? 200 : 503 })
  },
)

export const handler = lambda(readReadiness)
