import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'

const pods = '/api/v1/namespaces/default/pods'

interface Scheduled {
  spec: { nodeName?: string }
  status: { conditions?: { type: string; message?: string }[] }
}

describe('the scheduler', () => {
  let test: TestCluster
  beforeEach(async () => {
    test = await startTestCluster()
  })
  afterEach(() => test.stop())

  const create = (name: string, spec: object = {}, labels: object = {}) =>
    test.client.post(pods, {
      metadata: { name, labels },
      spec: { containers: [{ name: 'main', image: 'example/none:1' }], ...spec },
    })
  const gpus = (count: number) => ({
    containers: [{ name: 'main', image: 'example/none:1', resources: { limits: { 'nvidia.com/gpu': String(count) } } }],
  })
  const outcome = async (name: string): Promise<string> => {
    const condition = (pod: Scheduled) => pod.status.conditions?.find((each) => each.type === 'PodScheduled')
    const { body } = await test.client.until(`${pods}/${name}`, (answer) =>
      Boolean(answer.body.spec.nodeName || condition(answer.body)),
    )
    return body.spec.nodeName ?? condition(body)?.message ?? ''
  }
  const cordon = (node: string, unschedulable: boolean) =>
    test.client.patch(`/api/v1/nodes/${node}`, { spec: { unschedulable } })

  it('follows selectors, affinity, taints, cordons and room, and says what was in the way', async () => {
    await create('selected', { nodeSelector: { 'kubernetes.io/hostname': 'gpu-node-2' } })
    expect(await outcome('selected')).toBe('gpu-node-2')
    await test.client.patch('/api/v1/nodes/gpu-node-2', {
      spec: { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] },
    })
    await cordon('gpu-node-3', true)
    await create('roomy', gpus(6))
    expect(await outcome('roomy')).toBe('gpu-node-1')
    await create('stuck', gpus(6))
    expect(await outcome('stuck')).toMatch(
      /^0\/3 nodes are available: 1 Insufficient nvidia\.com\/gpu, 1 node\(s\) had untolerated taint \{k: v\}, 1 node\(s\) were unschedulable\./,
    )
    const expression = { key: 'nvidia.com/gpu.count', operator: 'In', values: ['4'] }
    const nodeAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [expression] }] },
    }
    await create('tolerant', {
      affinity: { nodeAffinity },
      tolerations: [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' }],
    })
    expect(await outcome('tolerant')).toBe('gpu-node-2')
  })

  it('places a waiting pod as soon as a node has room again', async () => {
    await create('first', gpus(8))
    await outcome('first')
    await create('second', gpus(8))
    expect(await outcome('second')).toContain('Insufficient nvidia.com/gpu')
    await test.client.remove(`${pods}/first`)
    await test.client.until(`${pods}/second`, (answer) => answer.body.spec.nodeName === 'gpu-node-1')
  })

  it('keeps pods apart, and together, where their affinity says so', async () => {
    const term = (app: string) => [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app } } }]
    const apart = { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: term('a') } } }
    for (const name of ['a1', 'a2', 'a3']) await create(name, apart, { app: 'a' })
    const nodes = await Promise.all(['a1', 'a2', 'a3'].map(outcome))
    expect(new Set(nodes).size).toBe(3)
    await create('a4', apart, { app: 'a' })
    expect(await outcome('a4')).toContain("3 node(s) didn't match pod anti-affinity rules")
    await create('lone', { nodeSelector: { 'kubernetes.io/hostname': 'gpu-node-3' } }, { app: 'b' })
    await outcome('lone')
    await create('near', { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: term('b') } } })
    expect(await outcome('near')).toBe('gpu-node-3')
  })
})
