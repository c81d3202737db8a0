import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { installKinds, removeKinds } from '../../packages/controller/contract/remedy-kinds.ts'
import type { Client } from '../../packages/kube/contract/client.ts'
import { eventually, type Product, startProduct, temporaryFolder } from '../e2e/product.ts'
import { plainClient } from './installation.ts'
import { describeWithControllers, realCluster } from './real-cluster.ts'

const nodes = '/api/v1/nodes'
const claims = '/apis/karpenter.sh/v1/nodeclaims'
const pool = 'karpenter.sh/nodepool'
/** A repair waits for pods, the new node, and a minute in which it stays well. */
const secondsMax = 240
const folder = temporaryFolder()
const plain: Client = plainClient()
let product: Product

interface Action {
  state: string
  steps: { name: string; status: string }[]
  task_id: string
}
const actionNow = async (id: string): Promise<Action> =>
  ((await product.call('GET', `/actions/${id}`)).body as { data: Action }).data

async function addNode(name: string): Promise<void> {
  const amounts = { cpu: '8', memory: '16Gi', pods: '110', 'nvidia.com/gpu': '8' }
  const status = { capacity: amounts, allocatable: amounts }
  const metadata = { name, labels: { [pool]: 'gpu' } }
  const made = await plain.post(nodes, { metadata, spec: { providerID: `kwok://${name}` }, status })
  expect(made.status).toBe(201)
}

/** What Karpenter does: it ends the machine of a NodeClaim that is deleted, and another one registers. */
async function playKarpenter(claim: string, node: string, successor: string): Promise<void> {
  const isDeleted = async (): Promise<boolean> =>
    (await plain.get(`${claims}/${claim}`)).body.metadata.deletionTimestamp !== undefined
  expect(await eventually(isDeleted, secondsMax)).toBe(true)
  await plain.remove(`${nodes}/${node}`)
  await plain.patch(`${claims}/${claim}`, { metadata: { finalizers: null } })
  await addNode(successor)
}

beforeAll(async () => {
  if (!realCluster().hasControllers) return
  await installKinds(plain)
  for (const name of ['fix-1', 'fix-2']) await addNode(name)
  await plain.patch(`${nodes}/fix-2`, { spec: { unschedulable: true } })
  await plain.post(claims, {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodeClaim',
    metadata: { name: 'claim-1', finalizers: ['karpenter.sh/termination'], labels: { [pool]: 'gpu' } },
  })
  const conditions = [{ type: 'Initialized', status: 'True' }]
  await plain.patch(`${claims}/claim-1/status`, {
    status: { providerID: 'kwok://fix-1', nodeName: 'fix-1', conditions },
  })
  const file = join(folder.path, 'kubeconfig')
  writeFileSync(file, realCluster().kubeconfig)
  product = startProduct(join(folder.path, 'data'), '--kubeconfig', file, '--cluster-id', 'fix', '--insecure')
  await product.ready
  const settings = { providers: [{ kind: 'karpenter', allow: ['gpu'] }] }
  expect((await product.call('PUT', '/clusters/fix/failover', settings)).status).toBe(200)
})
afterAll(async () => {
  await product?.kill()
  await plain.patch(`${claims}/claim-1`, { metadata: { finalizers: null } })
  if (realCluster().hasControllers) await removeKinds(plain)
  for (const name of ['fix-1', 'fix-2', 'fix-3']) await plain.remove(`${nodes}/${name}`)
  plain.close()
  folder.remove()
})

describeWithControllers('the repair of a node by Karpenter, over POST /actions', () => {
  it('replaces it once, waits until another is well, and opens only what it closed', async () => {
    const order = {
      ...{ id: 'fix-it', requestor: 'me', reason: 'ECC errors', type: 'cordon_and_repair_nodepool' },
      ...{ node_name: 'fix-1', uncordon_when_verified: true },
    }
    const accepted = await product.call('POST', '/actions', order, { prefer: 'wait=0' })
    expect([accepted.status, accepted.headers.get('location')]).toEqual([202, '/actions/fix-it'])
    await playKarpenter('claim-1', 'fix-1', 'fix-3')
    const marked = async () =>
      (await plain.get(`${nodes}/fix-3`)).body?.metadata.annotations?.['gridgate.io/cordoned-by']
    const { task_id } = await actionNow('fix-it')
    expect(await eventually(async () => (await marked()) === task_id, 120), 'the new node takes no pods yet').toBe(true)

    const isOver = async () => !['accepted', 'running'].includes((await actionNow('fix-it')).state)
    expect(await eventually(isOver, secondsMax), JSON.stringify(await actionNow('fix-it'))).toBe(true)
    const ended = await actionNow('fix-it')
    expect(ended.state, JSON.stringify(ended)).toBe('succeeded')
    expect(ended.steps.map(({ name }) => name)).toEqual([
      ...['Preflight', 'Announce', 'InspectInstance', 'CordonPool', 'DrainNode'],
      ...['RepairReplacement', 'VerifyReplacement', 'UncordonPool'],
    ])
    const { spec } = (await plain.get(`${nodes}/fix-3`)).body
    expect([spec.unschedulable, (await plain.get(`${nodes}/fix-2`)).body.spec.unschedulable]).toEqual([undefined, true])
  }, 600_000)
})
