import { urlMap } from '@gridgate/core/cluster/url-map'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import type { ControllerPorts } from '../controller-ports.ts'

/** GET /url-map: where the parts of this cluster answer. */
export const readUrlMap = endpoint(
  get('/url-map', { summary: "The cluster's addresses", access: 'anyone', returns: z.record(z.string(), z.string()) }),
  ({ settings }: Pick<ControllerPorts, 'settings'>) => urlMap(settings),
)
