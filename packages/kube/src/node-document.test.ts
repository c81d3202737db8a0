import { ClusterNode } from '@gridgate/core/cluster/cluster-node'
import { describe, expect, it } from 'vitest'
import { nodeEntry, nodeIdOf } from './node-document.ts'
import type { KubernetesObject } from './object.ts'

const node = (metadata: object = {}, status: object = {}, spec: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'worker-1', uid: 'u1', ...metadata },
  spec,
  status: { capacity: { cpu: '32', memory: '263856852Ki', 'ephemeral-storage': '1Ti' }, ...status },
})
const annotated = (text: string) => node({ annotations: { 'gpu.aios/info': text } })
const discovered = (count: string, labels: object = {}) =>
  node({ labels }, { capacity: { cpu: '8', memory: '1Gi', 'ephemeral-storage': '1Gi', 'nvidia.com/gpu': count } })

describe('the id of a node', () => {
  it.each([
    ['the label nodeID', { labels: { nodeID: 'Rack_7.a' } }, 'Rack_7.a'],
    ['its name without the label', {}, 'worker-1'],
    ['its name with an empty label', { labels: { nodeID: '' } }, 'worker-1'],
    ['none with a name that is too long', { name: `${'a'.repeat(40)}.${'b'.repeat(40)}` }, null],
  ])('is %s', (_what, metadata, id) => {
    expect(nodeIdOf(node(metadata))).toBe(id)
    expect(nodeEntry(node(metadata))?.node.id ?? null).toBe(id)
  })
})

describe('the node document', () => {
  it('holds what Kubernetes knows and no made-up network', () => {
    const entry = nodeEntry(node())
    expect(entry?.node).toEqual({
      id: 'worker-1',
      gpus: { count: 0, memory: 0, gpus: [], modelNames: [], features: [] },
      vcpus: { count: 32 },
      memory: 257_672,
      swap: 0,
      storage: { disks: 1, size: 2 ** 20 },
    })
    expect(ClusterNode.safeParse(entry?.node).success).toBe(true)
    expect(entry?.kubernetes.notes).toEqual([])
  })

  it('reads millicores and every unit of memory', () => {
    const entry = nodeEntry(node({}, { capacity: { cpu: '3920m', memory: '16G', 'ephemeral-storage': '500e9' } }))
    expect(entry?.node).toMatchObject({ vcpus: { count: 3.92 }, memory: 15_258, storage: { size: 476_837 } })
  })

  it('knows the swap that a kubelet reports', () => {
    expect(nodeEntry(node({}, { nodeInfo: { swap: { capacity: 8 * 2 ** 30 } } }))?.node.swap).toBe(8192)
  })

  it('leaves out, with a note, what is missing or no quantity', () => {
    const entry = nodeEntry(node({}, { capacity: { cpu: 'many' } }))
    expect(Object.keys(entry?.node ?? {})).toEqual(['id', 'gpus', 'swap'])
    expect(entry?.kubernetes.notes).toEqual([
      'capacity cpu is not a quantity',
      'capacity memory is not reported',
      'capacity ephemeral-storage is not reported',
    ])
  })

  it('says how Kubernetes sees the node', () => {
    const labels = { 'node.kubernetes.io/instance-type': 'p5', 'topology.kubernetes.io/zone': 'a' }
    const status = {
      conditions: [
        { type: 'Ready', status: 'True', reason: 'KubeletReady', lastTransitionTime: '2026-01-01T00:00:00Z' },
      ],
      addresses: [{ type: 'Hostname', address: 'worker-1' }, { type: 'InternalIP', address: '10.0.0.7' }, {}],
      nodeInfo: { kubeletVersion: 'v1.36.3' },
    }
    const taints = [{ key: 'gpu', effect: 'NoSchedule' }]
    const entry = nodeEntry(node({ labels }, status, { unschedulable: true, providerID: 'aws:///a/i-1', taints }))
    expect(entry?.kubernetes).toMatchObject({
      name: 'worker-1',
      uid: 'u1',
      ready: true,
      schedulable: false,
      provider_id: 'aws:///a/i-1',
      internal_ip: '10.0.0.7',
      kubelet_version: 'v1.36.3',
      instance_type: 'p5',
      zone: 'a',
      region: null,
      labels,
      taints: [{ key: 'gpu', value: null, effect: 'NoSchedule' }],
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', since: '2026-01-01T00:00:00Z' }],
    })
  })
})

describe('the GPUs of a node', () => {
  const a100 = { modelName: 'NVIDIA A100', memory: 81_920 }

  it('are those of its annotation', () => {
    expect(nodeEntry(annotated(JSON.stringify([a100, a100])))?.node.gpus).toEqual({
      count: 2,
      memory: 163_840,
      gpus: [a100, a100],
      modelNames: ['NVIDIA A100'],
      features: [],
    })
    expect(nodeEntry(annotated('[]'))?.node.gpus?.count).toBe(0)
  })

  it.each([
    'no JSON',
    '{}',
    '[{}]',
    '[{"modelName":"x","memory":"81920"}]',
    '[{"modelName":"x","memory":-1}]',
    JSON.stringify(Array.from({ length: 65 }, () => a100)),
  ])('are not taken from a bad annotation: %s', (text) => {
    const entry = nodeEntry(annotated(text))
    expect(entry?.node.gpus?.count).toBe(0)
    expect(entry?.kubernetes.notes).toEqual([expect.stringContaining('gpu.aios/info')])
  })

  it('are those of the device plugin where there is no annotation', () => {
    const labels = { 'nvidia.com/gpu.product': 'H100', 'nvidia.com/gpu.memory': '81559' }
    expect(nodeEntry(discovered('2', labels))?.node.gpus).toMatchObject({
      count: 2,
      memory: 163_118,
      gpus: [
        { modelName: 'H100', memory: 81_559 },
        { modelName: 'H100', memory: 81_559 },
      ],
    })
    expect(nodeEntry(discovered('1'))?.node.gpus).toMatchObject({ count: 1, memory: 0, gpus: [{}], modelNames: [] })
  })

  it.each(['1.5', '-1', '1k', 'x'])('are not believed to be %s', (count) => {
    const entry = nodeEntry(discovered(count))
    expect(entry?.node.gpus?.count).toBe(0)
    expect(entry?.kubernetes.notes).toHaveLength(1)
  })
})
