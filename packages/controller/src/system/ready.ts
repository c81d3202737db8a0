import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { Reply } from '@gridgate/http/reply'
import { z } from '@gridgate/http/z'
import type { ControllerPorts } from '../controller-ports.ts'

/** GET /readyz: 503 until everything it needs is open. */
export const readReadiness = endpoint(
  get('/readyz', { summary: 'Can it do its work?', access: 'anyone', returns: z.object({ status: z.string() }) }),
  ({ isReady }: Pick<ControllerPorts, 'isReady'>) =>
    new Reply({ status: isReady() ? 'ready' : 'not_ready' }, { status: isReady() ? 200 : 503 }),
)
