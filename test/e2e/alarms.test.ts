import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually, type Product, root, startProduct, temporaryFolder } from './product.ts'

/** Queue, function and store on a busy machine, in milliseconds. */
const handledMsMax = 60_000
const folder = temporaryFolder()

let product: Product
beforeAll(async () => {
  product = startProduct(folder.path, '--no-tour')
  await product.ready
  await done('POST', '/clusters/create', { ...cluster, id: 'west-1' })
  await done('POST', '/failover-rules', rule)
})
afterAll(async () => {
  await product.interrupt()
  folder.remove()
})

const fixture = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(`${root}/packages/core/src/${path}.json`, 'utf8'))
const cluster = fixture('cluster/fixtures/cluster-minimal-gateway-test')
/** It waits, so that what it says does not depend on a cluster. */
const rule = {
  name: 'gpu-lost',
  match: { alarm_name: 'gpu-*' },
  cluster_id: 'west-1',
  node_pool: 'pool-a',
  type: 'cordon_nodepool',
  for_seconds: 86_400,
}

interface Answer {
  status: number
  body: { data: Record<string, unknown>; code?: string }
}
const call = async (...asked: Parameters<Product['call']>): Promise<Answer> => product.call(...asked)
async function done(...asked: Parameters<Product['call']>): Promise<Record<string, unknown>> {
  const { status, body } = await call(...asked)
  expect([Math.floor(status / 100), body.code]).toEqual([2, undefined])
  return body.data
}

interface Shown {
  event_id: string
  handled_at: string | null
  caller: string
  outcomes: { rule: string; verdict: string }[]
}
/** Waits until an event is there that was handled. */
async function handled(isWanted: (event: Shown) => boolean): Promise<Shown> {
  let found: Shown | undefined
  await eventually(async () => {
    const events = (await done('GET', '/alarms/events')) as unknown as Shown[]
    found = events.find((event) => isWanted(event) && event.handled_at !== null)
    return found !== undefined
  }, handledMsMax / 1000)
  if (!found) throw new Error('no such event')
  return found
}

/** Puts a message into a queue, past intake. */
async function send(QueueName: string, message: unknown): Promise<void> {
  const { endpoint, region, accessKeyId, secretAccessKey } = (await product.ready).aws
  const sqs = new SQSClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } })
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }))
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message) }))
  sqs.destroy()
}

const waiting = { outcomes: [{ rule: 'gpu-lost', verdict: 'waiting' }] }
const now = (): string => new Date().toISOString()

it('an alarm by webhook goes through the queue to the rule', { timeout: handledMsMax }, async () => {
  const { secret } = (await done('POST', '/webhook-secrets', { name: 'monitor' })) as { secret: string }
  const body = { alarm_name: 'gpu-hot', state: 'alarm', state_at: now() }
  const [id, at] = ['msg_1', String(Math.floor(Date.now() / 1000))]
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const signature = createHmac('sha256', key)
    .update(`${id}.${at}.${JSON.stringify(body)}`)
    .digest('base64')
  const headers = { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': `v1,${signature}` }
  const { event_id } = await done('POST', '/alarms/webhook', body, headers)
  expect(await handled((event) => event.event_id === event_id)).toMatchObject(waiting)
})

it('an alarm that EventBridge puts into the queue goes the same way', { timeout: handledMsMax }, async () => {
  const event = fixture('alarm/fixtures/eventbridge-metric') as { detail: { state: object } }
  const detail = { ...event.detail, state: { ...event.detail.state, timestamp: now() } }
  await send('gridgate-alarms', { ...event, detail })
  expect(await handled(({ caller }) => caller === 'eventbridge')).toMatchObject({ outcomes: [{ rule: 'gpu-lost' }] })
})

it('what lies among the dead letters is listed and can be replayed', { timeout: handledMsMax }, async () => {
  const body = { version: '4', alerts: [{ status: 'firing', labels: { alertname: 'gpu-b' }, startsAt: now() }] }
  const { event_id } = await done('POST', '/alarms/alertmanager', body)
  await send('gridgate-alarms-dead', { event_id })
  let id = ''
  await eventually(async () => {
    const dead = (await done('GET', '/alarms/dead-letters')) as unknown as { id: string; event_id: string }[]
    id = dead.find((one) => one.event_id === event_id)?.id ?? ''
    return id !== ''
  }, handledMsMax / 1000)
  expect(await done('POST', `/alarms/dead-letters/${id}/replay`)).toMatchObject({ id, event_id })
  expect(await call('POST', `/alarms/dead-letters/${id}/replay`)).toMatchObject({ status: 404 })
  await handled((event) => event.event_id === event_id)
})
