import { PageRequest } from '@gridgate/core/page'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import type { ControllerPorts } from '../controller-ports.ts'
import { NodePage, pageOfNodes } from './node-pages.ts'

/** GET /nodes: the cluster's nodes as node documents, each with what Kubernetes says of it, page by page. */
export const listNodes = endpoint(
  get('/nodes', {
    summary: 'List the nodes of the cluster',
    access: 'service',
    query: PageRequest,
    returns: NodePage,
    errors: ['cursor.invalid'],
  }),
  ({ kube }: Pick<ControllerPorts, 'kube'>, { query }) => pageOfNodes(kube, query),
)
