import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import type { ControllerPorts } from '../controller-ports.ts'

/** GET /metrics: how this program does, for Prometheus. Numbers and route names only, so it asks for no credential. */
export const readMetrics = endpoint(
  get('/metrics', {
    summary: 'How does this program do?',
    access: 'anyone',
    returns: z.string(),
    envelope: false,
    mediaType: 'text/plain; version=0.0.4; charset=utf-8',
  }),
  ({ measurements }: Pick<ControllerPorts, 'measurements'>) => measurements.text(),
)
