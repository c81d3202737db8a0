import { ClusterNode } from '@gridgate/core/cluster/cluster-node'
import { GridError } from '@gridgate/core/errors'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { NodeEntry } from '@gridgate/kube/node-document'
import { findNode, labelNode } from '@gridgate/kube/nodes'
import type { ControllerPorts } from '../controller-ports.ts'
import { entryOf } from './node-pages.ts'

/** POST /cluster-actions/add-node: finds the Kubernetes node of a node document and labels it (spec/decisions.md 16). */
export const addNode = endpoint(
  post('/cluster-actions/add-node', {
    summary: 'Label the Kubernetes node of a node document',
    access: 'service',
    body: ClusterNode,
    returns: NodeEntry,
    errors: ['node.not_in_cluster', 'node.exists'],
  }),
  async ({ kube, log }: Pick<ControllerPorts, 'kube' | 'log'>, { body: { id } }) => {
    const node = await findNode(kube, id)
    if (!node) throw new GridError('node.not_in_cluster', `no Kubernetes node is labelled or named ${id}`)
    const labelled = await labelNode(kube, node, id)
    log.info('node.labelled', { nodeId: id, name: node.metadata.name })
    return entryOf(labelled)
  },
)
