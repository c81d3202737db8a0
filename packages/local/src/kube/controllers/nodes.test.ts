import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../../clock.ts'
import { deploymentBody, startTestCluster, type TestCluster } from '../test-cluster.ts'
import { powerLabel } from './nodes.ts'

const deployments = '/apis/apps/v1/namespaces/default/deployments'
const pods = '/api/v1/namespaces/default/pods'

describe('the loss of a node', () => {
  let test: TestCluster
  let clock: ReturnType<typeof manualClock>
  beforeEach(async () => {
    clock = manualClock()
    test = await startTestCluster({ clock })
  })
  afterEach(() => test.stop())

  const replicas = (count: number) => {
    const body = deploymentBody('web', { resources: { limits: { 'nvidia.com/gpu': '2' } } })
    return test.client.post(deployments, { ...body, spec: { ...body.spec, replicas: count } })
  }
  const ready = (count: number) =>
    test.client.until(
      `${deployments}/web`,
      (answer) => answer.body.status?.readyReplicas === count && answer.body.status.replicas === count,
    )
  const nodesOf = async () =>
    (await test.client.get(pods)).body.items.map((pod: { spec: { nodeName: string } }) => pod.spec.nodeName)

  it('by removal makes its pods go, and others come on the nodes that are left', async () => {
    await replicas(3)
    await ready(3)
    expect(new Set(await nodesOf()).size).toBe(3)
    await test.client.remove('/api/v1/nodes/gpu-node-1')
    await test.client.until(
      pods,
      (answer) =>
        answer.body.items.length === 3 &&
        answer.body.items.every(
          (pod: { spec: { nodeName?: string }; status: { phase: string } }) =>
            pod.spec.nodeName && pod.spec.nodeName !== 'gpu-node-1' && pod.status.phase === 'Running',
        ),
    )
  })

  it('by power makes its pods unready at once, and moves them after the tolerated 300 seconds', async () => {
    await replicas(3)
    await ready(3)
    await test.client.patch('/api/v1/nodes/gpu-node-1', { metadata: { labels: { [powerLabel]: 'true' } } })
    const { body: node } = await test.client.until(
      '/api/v1/nodes/gpu-node-1',
      (answer) => answer.body.spec.taints?.length === 2,
    )
    expect(node.status.conditions.find((each: { type: string }) => each.type === 'Ready').status).toBe('False')
    await test.client.until(`${deployments}/web`, (answer) => answer.body.status.readyReplicas === 2)
    await clock.advance(299_000)
    await test.cluster.settled()
    expect(
      (await test.client.get(pods)).body.items.some(
        (pod: { metadata: { deletionTimestamp?: string } }) => pod.metadata.deletionTimestamp,
      ),
    ).toBe(false)
    await clock.advance(2000)
    await ready(3)
    await test.client.patch('/api/v1/nodes/gpu-node-1', { metadata: { labels: { [powerLabel]: null } } })
    await test.client.until('/api/v1/nodes/gpu-node-1', (answer) => answer.body.spec.taints === undefined)
    await test.client.until(pods, (answer) => answer.body.items.length === 3)
  })

  it('leaves pods waiting that no other node has room for, until one comes', async () => {
    await replicas(8)
    await ready(8)
    await test.client.remove('/api/v1/nodes/gpu-node-1')
    await test.client.until(`${pods}?fieldSelector=status.phase%3DPending`, (answer) => answer.body.items.length === 4)
    const amounts = { cpu: '8', memory: '64Gi', pods: '110', 'nvidia.com/gpu': '8' }
    await test.client.post('/api/v1/nodes', {
      metadata: { name: 'fresh' },
      status: { capacity: amounts, allocatable: amounts },
    })
    await ready(8)
  })
})
