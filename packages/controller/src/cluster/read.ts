import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import type { ControllerPorts } from '../controller-ports.ts'
import { ClusterSeen, clusterSeen } from './cluster-seen.ts'

/** GET /cluster-actions/get-cluster: the cluster as Kubernetes knows it; the registered document is the gateway's. */
export const readCluster = endpoint(
  get('/cluster-actions/get-cluster', {
    summary: 'Read the cluster as Kubernetes knows it',
    access: 'service',
    returns: ClusterSeen,
  }),
  ({ kube, settings }: Pick<ControllerPorts, 'kube' | 'settings'>) => clusterSeen(kube, settings.clusterId),
)
