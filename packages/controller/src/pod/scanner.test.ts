import { powerLabel } from '@gridgate/local/kube/controllers/nodes'
import { deploymentBody } from '@gridgate/local/kube/test-cluster'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestController, type TestController, untilReply } from '../../test/test-controller.ts'

let controller: TestController
const call = (path: string) => controller.call('GET', path)

beforeAll(async () => {
  controller = await startTestController()
  await controller.cluster.client.post('/api/v1/namespaces', { metadata: { name: 'blocks' } })
})
afterAll(() => controller.stop())

describe('the scanner', () => {
  it('tells which nodes are ready, and follows what changes', async () => {
    const everyone = ['gpu-node-1', 'gpu-node-2', 'gpu-node-3']
    const ready = (names: string[]) =>
      untilReply(
        () => call('/healthy_nodes'),
        ({ body }) => JSON.stringify(body.data?.nodes) === JSON.stringify(names),
      )
    expect((await ready(everyone)).nodes).toEqual(everyone)
    const power = (value: string | null) =>
      controller.cluster.client.patch('/api/v1/nodes/gpu-node-2', { metadata: { labels: { [powerLabel]: value } } })
    await power('true')
    await ready(['gpu-node-1', 'gpu-node-3'])
    const { body } = await call('/nodes_status')
    expect(body.data.nodes_status).toMatchObject([
      { node_id: 'gpu-node-1', status: 'healthy', schedulable: true, gpus: expect.any(Array) },
      { node_id: 'gpu-node-2', status: 'unhealthy' },
      { node_id: 'gpu-node-3', status: 'healthy' },
    ])
    expect(body.nodes_status).toEqual(body.data.nodes_status)
    await power(null)
    await ready(everyone)
  })

  it('names the reserved share of a node as what it is', async () => {
    const { client } = controller.cluster
    const path = '/api/v1/nodes/gpu-node-1/status'
    const capacity = { cpu: '32', memory: '256Gi', 'ephemeral-storage': '1Ti' }
    const allocatable = { cpu: '31500m', memory: '248Gi', 'ephemeral-storage': '1Ti' }
    await client.patch(path, { status: { capacity, allocatable } })
    const body = await untilReply(
      () => call('/nodes_status'),
      (reply) => reply.body.data.nodes_status[0].cpu_reserved_percent > 0,
    )
    expect([body.data.basis, body.data.nodes_status[0]]).toMatchObject([
      'reserved',
      {
        cpu_utilization_percent: 1.56,
        cpu_reserved_percent: 1.56,
        memory: { total: 262_144, allocatable: 253_952, usage_percent: 3.13, reserved_percent: 3.13 },
        disk: { reserved_percent: 0 },
      },
    ])
  })

  it('lists the pods of blocks that fail, each once with the time it began', async () => {
    const huge = { resources: { limits: { 'nvidia.com/gpu': '999' } } }
    const body = deploymentBody('blk-1-in-1', huge)
    const template = { ...(body.spec as { template: { metadata: object; spec: object } }).template }
    const labels = { app: 'blk-1-in-1', blockID: 'blk-1', instanceID: 'in-1' }
    const spec = { ...body.spec, template: { ...template, metadata: { labels } } }
    const path = '/apis/apps/v1/namespaces/blocks/deployments'
    await controller.cluster.client.post(path, { ...body, spec })
    const failed = await untilReply(
      () => call('/failed-pods'),
      (reply) => reply.body.data?.failed_pods.length === 1,
    )
    expect(failed.data).toMatchObject({
      failed_pods: [
        {
          blockId: 'blk-1',
          instanceId: 'in-1',
          failure_reason: 'pod_pending',
          first_seen_at: expect.any(String),
          pod_data: { namespace: 'blocks', node_name: 'N/A', restart_count: 0 },
        },
      ],
      truncated: false,
    })
    expect((await call('/failed-pods')).body.data).toEqual(failed.data)
  })
})
