import { MemoryCluster } from '@gridgate/kube/memory-cluster'
import { describe, expect, it } from 'vitest'
import { clusterSeen } from './cluster-seen.ts'

const put = (cluster: MemoryCluster, name: string, isReady: boolean): void => {
  const capacity = { cpu: '3500m', memory: '2Gi', 'ephemeral-storage': '10Gi', 'nvidia.com/gpu': '2' }
  const labels = { 'nvidia.com/gpu.product': 'H100', 'nvidia.com/gpu.memory': '100' }
  const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False' }]
  cluster.put({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, status: { capacity, conditions } })
}

describe('GET /cluster-actions/get-cluster', () => {
  it('adds up all nodes, over many pages, and leaves out what has no id', async () => {
    const cluster = new MemoryCluster()
    for (let index = 0; index < 450; index++) put(cluster, `node-${index}`, index > 0)
    put(cluster, `${'a'.repeat(60)}.example.net`, true)
    expect(await clusterSeen(cluster, 'west-1')).toEqual({
      cluster_id: 'west-1',
      kubernetes_version: '1.36',
      nodes: { count: 450, ready: 449, unidentified: 1 },
      gpus: { count: 900, memory: 90_000, modelNames: ['H100'] },
      vcpus: { count: 1575 },
      memory: 921_600,
      swap: 0,
      storage: { disks: 450, size: 4_608_000 },
    })
  })

  it('is zeros for a cluster without nodes', async () => {
    const seen = await clusterSeen(new MemoryCluster(), 'west-1')
    expect([seen.nodes.count, seen.memory, seen.gpus.modelNames]).toEqual([0, 0, []])
  })
})
