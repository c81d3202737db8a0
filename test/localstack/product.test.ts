import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { ListExecutionsCommand, ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { kubernetes } from '../e2e/kubernetes.ts'
import { eventually, type Product, startProductOn, temporaryFolder } from '../e2e/product.ts'
import { keyOfProduct, openByKms, type Sealed, sealedGatewayKey, sealedKubeconfig } from './sealed.ts'

/** The product starts, shows its tour and handles an alarm, on a busy machine, in milliseconds. */
const patienceMs = 180_000

/** The cluster that the tour registers and builds on. */
const clusterId = 'cluster-west-vision-001'
const rule = {
  name: 'gpu-lost',
  match: { alarm_name: 'gpu-*' },
  cluster_id: clusterId,
  node_pool: 'pool-a',
  type: 'cordon_nodepool',
}

const folder = temporaryFolder()
let product: Product
/** What the tour's task holds while it runs. */
let held: Sealed

beforeAll(async () => {
  // As the README has it: the address, and no key.
  product = startProductOn({ AWS_ENDPOINT_URL: process.env.AWS_ENDPOINT_URL }, folder.path)
  await product.ready
  held = await until(sealedKubeconfig)
}, patienceMs)
afterAll(async () => {
  await product.interrupt()
  folder.remove()
})

async function done(...asked: Parameters<Product['call']>): Promise<unknown> {
  const { status, body } = (await product.call(...asked)) as { status: number; body: { data: unknown; code?: string } }
  expect([Math.floor(status / 100), body.code]).toEqual([2, undefined])
  return body.data
}

async function opensUnderNone(sealed: Sealed, contexts: Sealed['context'][]): Promise<void> {
  for (const context of contexts)
    await expect(openByKms(sealed, context)).rejects.toMatchObject({ name: 'InvalidCiphertextException' })
}

/** Asks until the answer is the wanted one, and gives it. */
async function until<Answer>(ask: () => Promise<Answer | undefined>): Promise<Answer> {
  let found: Answer | undefined
  await eventually(async () => {
    found = await ask()
    return found !== undefined
  }, patienceMs / 1000)
  if (found === undefined) throw new Error('it does not come')
  return found
}

it('guards registrations by a policy, registers a cluster and builds its infrastructure', {
  timeout: patienceMs,
}, async () => {
  await product.until('tour.ended')
  const steps = product.said.filter(({ event, step }) => event === 'tour' && step !== undefined)
  expect(steps.map(({ step }) => step)).toContain('WriteUrlMap')
  expect(product.said.filter(({ event }) => event === 'tour.failed')).toEqual([])
})

it("keeps the gateway's key under the endpoint's KMS, for its encryption context only", async () => {
  const sealed = await sealedGatewayKey()
  const { kid = '' } = sealed.context
  const opened = await openByKms(sealed, sealed.context)
  expect(opened.key).toBe(await keyOfProduct())
  expect(JSON.parse(opened.text ?? '')).toMatchObject({ kty: 'OKP', crv: 'Ed25519', d: expect.any(String) })
  expect(sealed.bytes.includes(JSON.parse(opened.text ?? '').d)).toBe(false)
  await opensUnderNone(sealed, [{}, { kid }, { ...sealed.context, kid: `${kid}x` }, { kid, purpose: 'kubeconfig' }])
})

it('holds a kubeconfig under it for one task, and destroys it with its end', { timeout: patienceMs }, async () => {
  const told = product.said.find(({ event, task_id }) => event === 'tour' && task_id !== undefined)
  const context = { ...held.context, clusterId, taskId: String(told?.task_id) }
  const opened = await openByKms(held, context)
  expect(opened.key).toBe(await keyOfProduct())
  expect(opened.text).toContain('"users":')
  await opensUnderNone(held, [{}, held.context, { ...context, taskId: 'other' }, { ...context, clusterId: 'other' }])
  await product.until('tour.ended')
  expect(await sealedKubeconfig()).toBeUndefined()
})

it('ran the workflow on the Step Functions of the endpoint', async () => {
  const states = new SFNClient({})
  const { stateMachines = [] } = await states.send(new ListStateMachinesCommand({}))
  const stateMachineArn = stateMachines.find(({ name }) => name === 'gridgate-create-cluster-infra')?.stateMachineArn
  const { executions } = await states.send(new ListExecutionsCommand({ stateMachineArn }))
  expect(executions).toMatchObject([{ status: 'SUCCEEDED' }])
  states.destroy()
})

it('observes an action for an alarm that comes over EventBridge and SQS', { timeout: patienceMs }, async () => {
  const { kubeconfig } = await product.ready
  const labels = { 'eks.amazonaws.com/nodegroup': rule.node_pool }
  const { status } = await kubernetes(kubeconfig).call('PATCH', '/api/v1/nodes/gpu-node-1', { metadata: { labels } })
  expect(status).toBe(200)
  await done('POST', '/failover-rules', rule)
  const events = new EventBridgeClient({})
  const state = { value: 'ALARM', reason: 'a GPU fell off the bus', timestamp: new Date().toISOString() }
  const Detail = JSON.stringify({ alarmName: 'gpu-hot', state, previousState: { ...state, value: 'OK' } })
  const entry = { Source: 'aws.cloudwatch', DetailType: 'CloudWatch Alarm State Change', Detail }
  const Resources = ['arn:aws:cloudwatch:us-east-1:000000000000:alarm:gpu-hot']
  await events.send(new PutEventsCommand({ Entries: [{ ...entry, Resources }] }))
  events.destroy()
  const handled = await until(async () => {
    const shown = (await done('GET', '/alarms/events')) as {
      caller: string
      handled_at: string | null
      outcomes: unknown[]
    }[]
    return shown.find(({ caller, handled_at }) => caller === 'eventbridge' && handled_at !== null)
  })
  expect(handled.outcomes).toMatchObject([{ rule: rule.name, verdict: 'observed' }])
  expect(await done('GET', '/actions')).toMatchObject([{ state: 'observed', node_pool: rule.node_pool }])
})
