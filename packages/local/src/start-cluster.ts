import type { Log } from '@gridgate/core/ports'
import { type ClusterAround, simulatedImages } from './controller-program.ts'
import type { DataFolder } from './data-folder.ts'
import { type Ingress, startIngress } from './ingress.ts'
import { startSimulatedCluster } from './kube/cluster.ts'
import type { Node } from './kube/shapes.ts'

/** The simulated cluster with what stands before it. */
export interface SimulatedCluster {
  url: string
  /** As the cluster's admin, YAML. */
  kubeconfig: string
  /** One loopback address for all its documented host names and node ports. */
  ingress: string
  stop(): Promise<void>
}

/** Starts the simulated cluster of this data folder, on the ports of last time where they are free: kubeconfigs stay valid. */
export async function startCluster(options: {
  folder: DataFolder
  port: number
  ingressPort: number
  log: Log
}): Promise<SimulatedCluster> {
  let served: ClusterAround | undefined
  const images = simulatedImages(() => {
    if (!served) throw new Error('the API server does not listen yet')
    return served
  })
  const start = (port: number) =>
    startSimulatedCluster({
      folder: options.folder.file('kube'),
      port,
      images,
      onError: (error) => options.log.error('simulated_cluster.failed', { error }),
    })
  const cluster = await start(options.port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    return start(0)
  })
  served = {
    url: cluster.url,
    ca: cluster.caPem,
    nodes: () => cluster.objects('nodes') as Node[],
    resolveService: (hostname, port) => cluster.resolveService(hostname, port),
  }
  const ingress: Ingress = await startIngress(cluster, options.ingressPort)
  return {
    url: cluster.url,
    kubeconfig: cluster.kubeconfig(),
    ingress: ingress.url,
    async stop() {
      await ingress.stop()
      await cluster.stop()
    },
  }
}
