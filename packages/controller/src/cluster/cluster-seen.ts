import { GridError } from '@gridgate/core/errors'
import type { KubeClient } from '@gridgate/kube/client'
import { z } from 'zod'
import { pageNodesMax, pageOfNodes } from '../node/node-pages.ts'

/** Most nodes that are added up; Kubernetes itself is tested up to 5,000. */
const nodesMax = 10_000

/** A cluster as Kubernetes knows it: its version, and the sums over its nodes in the units of cluster documents. */
export const ClusterSeen = z.object({
  cluster_id: z.string(),
  kubernetes_version: z.string(),
  nodes: z.object({ count: z.number(), ready: z.number(), unidentified: z.number() }),
  gpus: z.object({ count: z.number(), memory: z.number(), modelNames: z.array(z.string()) }),
  vcpus: z.object({ count: z.number() }),
  memory: z.number(),
  swap: z.number(),
  storage: z.object({ disks: z.number(), size: z.number() }),
})
export type ClusterSeen = z.infer<typeof ClusterSeen>

/** Reads every node, page by page; only the sums stay in memory. @throws {GridError} `kube.failed` above 10,000 nodes */
export async function clusterSeen(kube: Pick<KubeClient, 'page' | 'version'>, clusterId: string): Promise<ClusterSeen> {
  const { major, minor } = await kube.version()
  const seen: ClusterSeen = {
    cluster_id: clusterId,
    kubernetes_version: `${major}.${minor}`,
    nodes: { count: 0, ready: 0, unidentified: 0 },
    gpus: { count: 0, memory: 0, modelNames: [] },
    vcpus: { count: 0 },
    memory: 0,
    swap: 0,
    storage: { disks: 0, size: 0 },
  }
  let cursor: string | undefined
  do {
    const page = await pageOfNodes(kube, { limit: pageNodesMax, cursor })
    seen.nodes.unidentified += page.unidentified.length
    for (const entry of page.nodes) addUp(seen, entry)
    cursor = page.next_cursor ?? undefined
    if (cursor !== undefined && seen.nodes.count >= nodesMax)
      throw new GridError('kube.failed', `the cluster has more than ${nodesMax} nodes`)
  } while (cursor !== undefined)
  return seen
}

function addUp(
  seen: ClusterSeen,
  { node, kubernetes }: Awaited<ReturnType<typeof pageOfNodes>>['nodes'][number],
): void {
  seen.nodes.count += 1
  if (kubernetes.ready) seen.nodes.ready += 1
  seen.gpus.count += node.gpus?.count ?? 0
  seen.gpus.memory += node.gpus?.memory ?? 0
  seen.gpus.modelNames = [...new Set([...seen.gpus.modelNames, ...(node.gpus?.modelNames ?? [])])]
  seen.vcpus.count += node.vcpus?.count ?? 0
  seen.memory += node.memory ?? 0
  seen.swap += node.swap ?? 0
  seen.storage.disks += node.storage?.disks ?? 0
  seen.storage.size += node.storage?.size ?? 0
}
