import { createHmac } from 'node:crypto'
import { GridError } from '@gridgate/core/errors'
import { ActionEvent } from '@gridgate/core/notification/action-event'
import type { RemoteReply, RemoteRequest } from '@gridgate/remote/remote-client'
import { readConfig } from '@gridgate/runtime/config'
import { notificationQueue, notificationWebhooks } from '@gridgate/runtime/notifications'
import { beforeEach, describe, expect, it } from 'vitest'
import { type World, world } from '../../test/world.ts'
import * as bury from './bury-notification.ts'
import * as send from './send-notification.ts'

const key = Buffer.from('k'.repeat(32))
const config = readConfig({
  GRIDGATE_NOTIFY_URLS: 'https://a.example/hook,https://b.example/hook?token=canary',
  GRIDGATE_NOTIFY_SECRET: `whsec_${key.toString('base64')}`,
})
const event = ActionEvent.parse({
  ...{ specversion: '1.0', id: 'e1', type: 'io.gridgate.action.ended', source: '/gridgate/clusters/west-1' },
  ...{ subject: 'a 1', time: '2030-01-01T00:00:00.000Z', datacontenttype: 'application/json' },
  data: {
    ...{ id: 'a 1', type: 'cordon_nodepool', state: 'failed', cluster_id: 'west-1', node_pool: 'pool-a' },
    ...{ jobset_name: null, requestor: 'me', identity: 'key-1', reason: 'hot GPUs — zu heiß' },
    ...{ code: 'kube.failed', error: 'no', left_behind: ['a mark'] },
  },
})

let sent: RemoteRequest[]
let answer: (request: RemoteRequest) => number
let lines: { event: string; fields: Record<string, unknown> }[]
let w: World
beforeEach(() => {
  sent = []
  lines = []
  answer = () => 204
  const client = {
    async send(request: RemoteRequest): Promise<RemoteReply> {
      sent.push(request)
      return { status: answer(request), headers: {}, bytes: new Uint8Array() }
    },
  }
  const note = (name: string, fields = {}): void => void lines.push({ event: name, fields })
  w = world({
    webhooks: notificationWebhooks(config, { clock: { now: () => new Date('2030-01-01T00:00:07.9Z') } }, client),
    log: { info: note, warn: note, error: note },
  })
})

const [first = '', second = ''] = notificationQueue(config, { send: async () => undefined }).targets
const records = (...bodies: unknown[]) => ({
  Records: bodies.map((body, index) => ({ messageId: `m${index}`, body: JSON.stringify(body) })),
})
const outcomes = async () => (await w.ports.counters.list()).find(({ clusterId }) => clusterId === null)?.counts ?? {}

describe('send-notification', () => {
  it('posts the event to its address alone, signed as Standard Webhooks says', async () => {
    expect(await send.handler.run(w.ports, records({ target: second, event }))).toEqual({ batchItemFailures: [] })
    const [{ url, method, headers = {}, body = '' } = {} as RemoteRequest, ...others] = sent
    expect([others, url, method]).toEqual([[], 'https://b.example/hook?token=canary', 'POST'])
    const signature = createHmac('sha256', key).update(`e1.1893456007.${body}`).digest('base64')
    expect(headers).toEqual({
      'content-type': 'application/cloudevents+json',
      'webhook-id': 'e1',
      'webhook-timestamp': '1893456007',
      'webhook-signature': `v1,${signature}`,
    })
    expect(JSON.parse(String(body))).toEqual(event)
    expect(await outcomes()).toEqual({ 'notifications#delivered': 1 })
  })

  it.each([500, 503, 302, 408, 429])('is tried again after %i, and that message alone', async (status) => {
    answer = ({ url }) => (url.startsWith('https://a.') ? status : 200)
    const both = records({ target: first, event }, { target: second, event })
    expect(await send.handler.run(w.ports, both)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] })
    expect(lines.at(-1)).toMatchObject({ event: 'notification.failed', fields: { code: 'remote.failed' } })
    answer = () => 200
    await send.handler.run(w.ports, records({ target: first, event }))
    expect(sent.map(({ headers }) => headers?.['webhook-id'])).toEqual(['e1', 'e1', 'e1'])
    expect(await outcomes()).toEqual({ 'notifications#delivered': 2 })
  })

  it.each([400, 401, 404, 410])('is not tried again after %i', async (status) => {
    answer = () => status
    expect(await send.handler.run(w.ports, records({ target: first, event }))).toEqual({ batchItemFailures: [] })
    expect(lines).toMatchObject([{ event: 'notification.refused', fields: { status, eventId: 'e1', actionId: 'a 1' } }])
    expect(await outcomes()).toEqual({ 'notifications#refused': 1 })
  })

  it.each([
    ['remote.unreachable', [{ itemIdentifier: 'm0' }], {}],
    ['address.refused', [], { 'notifications#refused': 1 }],
  ] as const)('meets %s', async (code, batchItemFailures, counts) => {
    answer = () => {
      throw new GridError(code, 'not there')
    }
    expect(await send.handler.run(w.ports, records({ target: first, event }))).toEqual({ batchItemFailures })
    expect([lines[0]?.fields.code, await outcomes()]).toEqual([code, counts])
  })

  it('drops what is for an address that is not configured any more', async () => {
    expect(await send.handler.run(w.ports, records({ target: 'gone', event }))).toEqual({ batchItemFailures: [] })
    expect([sent, await outcomes()]).toEqual([[], { 'notifications#dropped': 1 }])
  })

  it('says nowhere what the addresses are', async () => {
    answer = () => 500
    await send.handler.run(w.ports, records({ target: second, event }, 'no notification'))
    await bury.handler.run(w.ports, records({ target: second, event }))
    expect(JSON.stringify([lines, w.snapshot(), first, second])).not.toMatch(/canary|example/)
  })
})

describe('bury-notification', () => {
  it('logs what was given up, whatever it is, and counts it', async () => {
    const given = records({ target: first, event }, 'no notification')
    expect(await bury.handler.run(w.ports, given)).toEqual({ batchItemFailures: [] })
    expect(lines).toMatchObject([
      {
        event: 'notification.buried',
        fields: { code: 'remote.failed', target: first, eventId: 'e1', actionId: 'a 1' },
      },
      { event: 'notification.buried', fields: { messageId: 'm1' } },
    ])
    expect(await outcomes()).toEqual({ 'notifications#buried': 2 })
  })
})
