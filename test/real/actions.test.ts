import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Client } from '../../packages/kube/contract/client.ts'
import { eventually, type Product, startProduct, temporaryFolder } from '../e2e/product.ts'
import { plainClient } from './installation.ts'
import { describeWithControllers, realCluster } from './real-cluster.ts'

const name = 'walk-through-1'
const label = 'cloud.google.com/gke-nodepool'
const sets = '/apis/jobset.x-k8s.io/v1alpha2/namespaces/default/jobsets'
const nodePath = `/api/v1/nodes/${name}`
const secondsMax = 40
const folder = temporaryFolder()
const plain: Client = plainClient()
let product: Product

interface Action {
  id: string
  state: string
  error?: string
  code?: string
}
const act = async (body: object): Promise<{ status: number; body: Action }> => {
  const { status, body: said } = await product.call('POST', '/actions', { requestor: 'me', reason: 'walk', ...body })
  return { status, body: said as unknown as Action }
}
const over = async ({ id }: Action): Promise<Action> => {
  let last: Action | undefined
  const isOver = async (): Promise<boolean> => {
    const { body } = await product.call('GET', `/actions/${encodeURIComponent(id)}`)
    last = (body as { data: Action }).data
    return !['accepted', 'running'].includes(last.state)
  }
  expect(await eventually(isOver, secondsMax), JSON.stringify(last)).toBe(true)
  return last as Action
}

/** The published walk-through: label a node, apply the example JobSet, call the API, see the node unschedulable. */
beforeAll(async () => {
  if (!realCluster().hasControllers) return
  const status = { capacity: { cpu: '8', memory: '16Gi', pods: '110' } }
  await plain.post('/api/v1/nodes', { metadata: { name, labels: { [label]: 'walk' } }, status })
  const file = join(folder.path, 'kubeconfig')
  writeFileSync(file, realCluster().kubeconfig)
  product = startProduct(join(folder.path, 'data'), '--kubeconfig', file, '--cluster-id', 'walk-1', '--insecure')
  await product.ready
})
afterAll(async () => {
  await product?.kill()
  await plain.remove(`${sets}/walk`)
  await plain.remove(nodePath)
  plain.close()
  folder.remove()
})

const jobSet = {
  apiVersion: 'jobset.x-k8s.io/v1alpha2',
  kind: 'JobSet',
  metadata: { name: 'walk' },
  spec: {
    failurePolicy: { maxRestarts: 99 },
    replicatedJobs: [
      {
        name: 'workers',
        template: {
          spec: {
            ...{ backoffLimit: 0, completions: 1, parallelism: 1 },
            template: {
              spec: {
                restartPolicy: 'Never',
                nodeSelector: { [label]: 'walk' },
                containers: [{ name: 'c', image: 'example/none:1' }],
              },
            },
          },
        },
      },
    ],
  },
}

describeWithControllers('failover on an adopted cluster, over POST /actions', () => {
  it('shows a plan, cordons the pool once for one id, and frees it again', async () => {
    const order = { id: 'walk-cordon', type: 'cordon_nodepool', node_pool: 'walk' }
    expect((await act({ ...order, id: 'walk-dry', dry_run: true })).status).toBe(200)
    expect((await plain.get(nodePath)).body.spec.unschedulable).toBeUndefined()

    const first = await act(order)
    expect([200, 202]).toContain(first.status)
    expect(await over(first.body)).toMatchObject({ state: 'succeeded' })
    const { spec, metadata } = (await plain.get(nodePath)).body
    expect(spec.unschedulable).toBe(true)
    expect((await act(order)).body).toMatchObject({ state: 'succeeded' })
    const recorded = (await plain.get('/api/v1/namespaces/default/events')).body.items.filter(
      ({ reason, involvedObject }: { reason: string; involvedObject: { name: string } }) =>
        reason === 'FailoverActionTriggered' && involvedObject.name === name,
    )
    expect(recorded).toHaveLength(1)
    expect(metadata.annotations['gridgate.io/cordoned-by']).toBeTruthy()

    const free = await act({ id: 'walk-free', type: 'uncordon_nodepool', node_pool: 'walk' })
    expect(await over(free.body)).toMatchObject({ state: 'succeeded' })
    expect((await plain.get(nodePath)).body.spec.unschedulable).toBeUndefined()
  }, 120_000)

  it('restarts the JobSet and says so only once it has restarted', async () => {
    await plain.post(sets, jobSet)
    const running = async (): Promise<boolean> => {
      const pods = (
        await plain.get('/api/v1/namespaces/default/pods?labelSelector=jobset.sigs.k8s.io%2Fjobset-name%3Dwalk')
      ).body
      return pods.items.some(({ status }: { status: { phase: string } }) => status.phase === 'Running')
    }
    expect(await eventually(running, secondsMax)).toBe(true)
    const order = { type: 'cordon_nodepool_and_restart_jobset', jobset_name: 'walk', node_pool: 'walk' }
    const restarted = await act({ id: 'walk-restart', ...order })
    expect(await over(restarted.body)).toMatchObject({ state: 'succeeded' })
    expect((await plain.get(`${sets}/walk`)).body.status.restarts).toBe(1)
    expect((await plain.get(nodePath)).body.spec.unschedulable).toBe(true)
  }, 120_000)

  it('says at once what cannot be', async () => {
    expect(await act({ type: 'cordon_nodepool', node_pool: 'nowhere' })).toMatchObject({
      ...{ status: 404, body: { code: 'pool.not_found' } },
    })
    expect(await act({ type: 'cordon_nodepool' })).toMatchObject({ status: 400 })
  })
})
