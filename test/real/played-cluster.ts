import type { SimulatedCluster } from '@gridgate/local/start-cluster'
import { realCluster } from './real-cluster.ts'

/** What stands in for the simulated cluster of the product; a test says where its ingress is. */
export const played = { ingress: '' }

/** In the place of `@gridgate/local/start-cluster`: the real control plane, and the ingress before a played kubelet. */
export const startCluster = async (): Promise<SimulatedCluster> => {
  const { url, kubeconfig } = realCluster()
  return { url, kubeconfig, ingress: played.ingress, stop: async () => undefined }
}
