import { createHmac, createSign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { AlarmTrust } from '@gridgate/core/alarm/alarm-trust'
import { SnsEnvelope } from '@gridgate/core/alarm/parse-sns'
import { signedText } from '@gridgate/core/alarm/sns-signature'
import { eventsPerMinuteMax } from '@gridgate/core/alarm/take-alarms'
import type { Caller } from '@gridgate/core/caller'
import { GridError } from '@gridgate/core/errors'
import { describe, expect, it } from 'vitest'
import { type AlarmWorld, alarmWorld, alert } from '../../test/alarm-world.ts'
import { type Answer, call } from '../../test/call-endpoint.ts'
import { signingKey } from '../../test/self-signed.ts'
import { addWebhookSecret } from '../webhook-secrets/create.ts'
import { deleteWebhookSecret } from '../webhook-secrets/delete.ts'
import { getWebhookSecrets } from '../webhook-secrets/list.ts'
import { getAlarms } from './list.ts'
import { getAlarm } from './read.ts'
import { receiveAlertmanager } from './receive-alertmanager.ts'
import { receiveEventBridge } from './receive-eventbridge.ts'
import { receiveSns } from './receive-sns.ts'
import { receiveWebhook } from './receive-webhook.ts'

const fixtures = new URL('../../packages/core/src/alarm/fixtures/', import.meta.url)
const fixture = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`${name}.json`, fixtures), 'utf8'))

const topic = 'arn:aws:sns:eu-west-1:123456789012:alarms'
const configured = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

/** Who is believed, with what was asked of elsewhere. */
function trust(more: Partial<AlarmTrust> = {}): AlarmTrust & { asked: string[] } {
  const asked: string[] = []
  return {
    topics: [topic],
    eventBridgeSources: [],
    webhookSecrets: [configured],
    certificate: async (url) => {
      asked.push(url)
      return certificate
    },
    visit: async (url) => void asked.push(url),
    ...more,
    asked,
  }
}

const signer = await signingKey()
const certificate = await signer.certificate(new Date('2029-01-01'), new Date('2031-01-01'))
const expired = await signer.certificate(new Date('2028-01-01'), new Date('2029-01-01'))

/** Refuses, and changes nothing. */
async function refuses(w: AlarmWorld, asking: () => Promise<Answer>, status: number, code: string): Promise<void> {
  const before = w.snapshot()
  expect(await asking()).toMatchObject({ status, body: { code, success: false } })
  expect([w.snapshot(), w.queued]).toEqual([before, []])
}

describe('POST /alarms/eventbridge', () => {
  const at = '/alarms/eventbridge'

  it('takes an event, answers 202 with its id, and queues it once', async () => {
    const w = await alarmWorld({ alarmTrust: trust() })
    const first = await call(w, receiveEventBridge, at, fixture('eventbridge-metric'))
    const second = await call(w, receiveEventBridge, at, fixture('eventbridge-metric'))
    expect([first.status, second.body.data]).toEqual([202, first.body.data])
    expect(w.queued).toEqual([JSON.stringify({ event_id: first.body.data?.event_id })])
    const read = await call(w, getAlarm, `/alarms/events/${first.body.data?.event_id}`)
    expect(read.body.data).toMatchObject({
      alarm_name: 'gpu-lost',
      caller: 'test-admin',
      handled_at: null,
      outcomes: [],
    })
  })

  it('queues one again whose message was lost', async () => {
    const w = await alarmWorld({ alarmTrust: trust() })
    await call(w, receiveEventBridge, at, fixture('eventbridge-metric'))
    w.pass(31_000)
    await call(w, receiveEventBridge, at, fixture('eventbridge-metric'))
    expect(w.queued.length).toBe(2)
    await w.work()
    w.pass(31_000)
    await call(w, receiveEventBridge, at, fixture('eventbridge-metric'))
    expect(w.queued).toEqual([])
  })

  it.each([
    [['123456789012'], 202],
    [['123456789012/eu-west-1'], 202],
    [['123456789012/us-east-1', '210987654321'], 403],
  ])('believes of %j with status %i', async (eventBridgeSources, status) => {
    const w = await alarmWorld({ alarmTrust: trust({ eventBridgeSources }) })
    expect((await call(w, receiveEventBridge, at, fixture('eventbridge-metric'))).status).toBe(status)
  })

  it.each([
    ['no event', {}, 'alarm.invalid'],
    ['a time that is yet to come', later(fixture('eventbridge-metric')), 'alarm.invalid'],
  ])('refuses %s', async (_, body, code) => {
    const w = await alarmWorld({ alarmTrust: trust() })
    await refuses(w, () => call(w, receiveEventBridge, at, body), 400, code)
  })

  it.each([
    ['viewer', 403],
    ['cluster-manager', 403],
    ['service', 202],
  ] as const)('is for the role service: %s gets %i', async (role, status) => {
    const caller: Caller = { id: 'k', role, clusters: '*' }
    const w = await alarmWorld({ alarmTrust: trust() }, caller)
    expect((await call(w, receiveEventBridge, at, fixture('eventbridge-metric'))).status).toBe(status)
  })
})

function later(body: Record<string, unknown>): unknown {
  return JSON.parse(JSON.stringify(body).replace('2030-01-01T00:00:04.985', '2030-01-01T01:00:04.985'))
}

describe('POST /alarms/alertmanager', () => {
  const at = '/alarms/alertmanager'

  it('takes each alert of a message', async () => {
    const w = await alarmWorld()
    const { status, body } = await call(w, receiveAlertmanager, at, fixture('alertmanager-two'))
    expect([status, (body.data?.event_ids as string[]).length, w.queued.length]).toEqual([202, 2, 2])
  })

  it('asks only rules of clusters that the key may speak of', async () => {
    const w = await alarmWorld({}, { id: 'k', role: 'service', clusters: ['east-1'] })
    await w.rule()
    await call(w, receiveAlertmanager, at, alert(0))
    await w.work()
    expect(w.asked).toEqual([])
  })

  it('takes a bounded number of new alarms in a minute, and any number of known ones', async () => {
    const w = await alarmWorld()
    const many = (from: number, count: number) => ({
      version: '4',
      alerts: Array.from({ length: count }, (_, index) => alert(0, 'firing', { n: `${from + index}` }).alerts[0]),
    })
    await call(w, receiveAlertmanager, at, many(0, 300))
    await call(w, receiveAlertmanager, at, many(300, eventsPerMinuteMax - 300))
    expect(await call(w, receiveAlertmanager, at, many(0, 300))).toMatchObject({ status: 202 })
    expect(await call(w, receiveAlertmanager, at, many(900, 1))).toMatchObject({
      status: 429,
      body: { code: 'alarm.rate_limited' },
    })
    w.pass(60_000)
    expect(await call(w, receiveAlertmanager, at, many(900, 1))).toMatchObject({ status: 202 })
  })
})

/** A message as SNS signs it. */
function sns(more: Record<string, unknown> = {}): Record<string, unknown> {
  const envelope = SnsEnvelope.parse({ ...fixture('sns-metric'), ...more })
  const algorithm = envelope.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256'
  return {
    ...envelope,
    Signature: createSign(algorithm).update(signedText(envelope)).sign(signer.privateKey, 'base64'),
  }
}

describe('POST /alarms/sns', () => {
  const post = (w: AlarmWorld, body: unknown) =>
    call(w, receiveSns, '/alarms/sns', body, { 'content-type': 'text/plain; charset=UTF-8' })

  it.each(['1', '2'])('takes a message by its signature of version %s, once', async (SignatureVersion) => {
    const parts = trust()
    const w = await alarmWorld({ alarmTrust: parts })
    const [first, second] = [await post(w, sns({ SignatureVersion })), await post(w, sns({ SignatureVersion }))]
    expect([first.status, second.body.data, w.queued.length]).toEqual([202, first.body.data, 1])
    expect((await w.event(String(first.body.data?.event_id))).caller).toBe(`sns:${topic}`)
    expect(new Set(parts.asked)).toEqual(new Set([fixture('sns-metric').SigningCertURL]))
  })

  it.each([
    ['a changed message', { ...sns(), Message: String(sns().Message).replace('"OK"', '"ALARM"') }],
    ['a changed subject', { ...sns(), Subject: 'other' }],
    ['no signature', { ...sns(), Signature: '' }],
    ['the signature of another version', { ...sns(), SignatureVersion: '2' }],
    ['an old message', sns({ Timestamp: '2029-12-31T22:59:59.000Z' })],
    ['a message of the future', sns({ Timestamp: '2030-01-01T00:05:01.000Z' })],
    ['a foreign certificate', sns({ SigningCertURL: 'https://sns.eu-west-1.amazonaws.com.example/a.pem' })],
    ['a certificate elsewhere in AWS', sns({ SigningCertURL: 'https://s3.eu-west-1.amazonaws.com/a/b.pem' })],
    [
      'a certificate over http',
      sns({ SigningCertURL: 'http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem' }),
    ],
    ['a certificate behind a user', sns({ SigningCertURL: 'https://sns.eu-west-1.amazonaws.com@example.com/a.pem' })],
  ])('refuses %s', async (_, body) => {
    const w = await alarmWorld({ alarmTrust: trust() })
    await refuses(w, () => post(w, body), 401, 'auth.invalid')
  })

  it('refuses a certificate that is over, or none', async () => {
    for (const pem of [expired, 'nonsense']) {
      const w = await alarmWorld({ alarmTrust: trust({ certificate: async () => pem }) })
      await refuses(w, () => post(w, sns()), 401, 'auth.invalid')
    }
  })

  it('believes no topic off the list, and fetches nothing for it', async () => {
    for (const topics of [[], [`${topic}-2`]]) {
      const parts = trust({ topics })
      const w = await alarmWorld({ alarmTrust: parts })
      await refuses(w, () => post(w, sns()), 403, 'alarm.refused')
      expect(parts.asked).toEqual([])
    }
  })

  it('says when the certificate cannot be had', async () => {
    const certificate = async () => {
      throw new GridError('remote.unreachable', 'sns cannot be reached')
    }
    const w = await alarmWorld({ alarmTrust: trust({ certificate }) })
    await refuses(w, () => post(w, sns()), 503, 'remote.unreachable')
  })

  const subscription = (more: Record<string, unknown> = {}) => {
    const SubscribeURL = 'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t'
    return sns({ Type: 'SubscriptionConfirmation', Token: 't', Subject: undefined, SubscribeURL, ...more })
  }

  it('confirms a subscription to a topic on the list', async () => {
    const parts = trust()
    const w = await alarmWorld({ alarmTrust: parts })
    expect(await post(w, subscription())).toMatchObject({ status: 202, body: { data: { event_id: null } } })
    expect(parts.asked.at(-1)).toBe(subscription().SubscribeURL)
    expect(w.queued).toEqual([])
  })

  it.each([
    ['to another topic', subscription({ TopicArn: `${topic}-2` }), 403, 'alarm.refused'],
    ['at another address', subscription({ SubscribeURL: 'https://example.com/' }), 401, 'auth.invalid'],
    ['that is not signed', { ...subscription(), Token: 'u' }, 401, 'auth.invalid'],
  ])('confirms none %s', async (_, body, status, code) => {
    const parts = trust()
    const w = await alarmWorld({ alarmTrust: parts })
    await refuses(w, () => post(w, body), status, code)
    expect(parts.asked.filter((url) => !url.endsWith('.pem'))).toEqual([])
  })
})

describe('POST /alarms/webhook', () => {
  const now = Date.UTC(2030, 0, 1) / 1000
  const body = fixture('webhook')

  /** The headers of a delivery signed with some secrets. */
  function signed(secrets: string[], more: { at?: number; text?: string; id?: string } = {}): Record<string, string> {
    const { at = now, text = JSON.stringify(body), id = 'msg_1' } = more
    const signatures = secrets.map((secret) => {
      const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
      return `v1,${createHmac('sha256', key).update(`${id}.${at}.${text}`).digest('base64')}`
    })
    return { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': signatures.join(' ') }
  }
  const post = (w: AlarmWorld, headers: Record<string, string>, given: unknown = body) =>
    call(w, receiveWebhook, '/alarms/webhook', given, headers)
  const other = `whsec_${Buffer.alloc(32, 9).toString('base64')}`

  it('agrees with the published example of Standard Webhooks', async () => {
    const { isSignedWith } = await import('@gridgate/core/alarm/webhook-signature')
    const delivery = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: '1614265330',
      text: '{"test": 2432232314}',
      signatures: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    }
    expect(isSignedWith(delivery, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')).toBe(true)
  })

  it.each([
    ['the configured secret', [configured], {}],
    ['one of several signatures', [other, configured], {}],
    ['a clock that is a little off', [configured], { at: now - 300 }],
  ])('takes an alarm signed with %s', async (_, secrets, more) => {
    const w = await alarmWorld({ alarmTrust: trust() })
    expect(await post(w, signed(secrets, more))).toMatchObject({ status: 202 })
    expect(w.queued.length).toBe(1)
  })

  it('takes an alarm signed with a secret made by the API, until that is removed', async () => {
    const w = await alarmWorld({ alarmTrust: trust({ webhookSecrets: [] }) })
    const { body: made } = await call(w, addWebhookSecret, '/webhook-secrets', { name: 'monitor' })
    const { secret, secret_id } = made.data as { secret: string; secret_id: string }
    expect((await call(w, getWebhookSecrets, '/webhook-secrets')).body.data).toEqual([
      { secret_id, name: 'monitor', created_at: '2030-01-01T00:00:00.000Z' },
    ])
    const { body: taken } = await post(w, signed([secret]))
    expect((await w.event(String(taken.data?.event_id))).caller).toBe(`webhook:${secret_id}`)
    w.queued.length = 0
    const path = `/webhook-secrets/${secret_id}`
    expect(await call(w, deleteWebhookSecret, path)).toMatchObject({ status: 200 })
    expect(await call(w, deleteWebhookSecret, path)).toMatchObject({ status: 404 })
    await refuses(w, () => post(w, signed([secret])), 401, 'auth.invalid')
  })

  it.each([
    ['no headers', {}, 'auth.missing'],
    ['another secret', signed([other]), 'auth.invalid'],
    ['another body', signed([configured], { text: '{}' }), 'auth.invalid'],
    ['another id', { ...signed([configured]), 'webhook-id': 'msg_2' }, 'auth.invalid'],
    ['an old delivery', signed([configured], { at: now - 301 }), 'auth.invalid'],
    ['a delivery of the future', signed([configured], { at: now + 301 }), 'auth.invalid'],
    ['a time that is none', { ...signed([configured]), 'webhook-timestamp': 'now' }, 'auth.invalid'],
    ['a signature of another version', { ...signed([configured]), 'webhook-signature': 'v1a,AAAA' }, 'auth.invalid'],
  ])('refuses %s', async (_, headers, code) => {
    const w = await alarmWorld({ alarmTrust: trust() })
    await refuses(w, () => post(w, headers), 401, code)
  })

  it('keeps nothing for an Idempotency-Key of somebody unknown', async () => {
    const w = await alarmWorld({ alarmTrust: trust() })
    await refuses(w, () => post(w, { 'idempotency-key': 'k' }), 401, 'auth.missing')
  })
})

describe('GET /alarms/events', () => {
  const ids = (answer: Answer): unknown =>
    (answer.body.data as unknown as { alarm_name: string }[]).map((e) => e.alarm_name)

  it('lists from the newest, narrowed, page by page', async () => {
    const w = await alarmWorld()
    await w.rule()
    for (const alertname of ['gpu-a', 'disk', 'gpu-b']) {
      await call(w, receiveAlertmanager, '/alarms/alertmanager', alert(0, 'firing', { alertname }))
      w.pass(1000)
    }
    await w.work()
    const list = (query: string) => call(w, getAlarms, `/alarms/events?${query}`)
    const first = await list('limit=2')
    expect(ids(first)).toEqual(['gpu-b', 'disk'])
    expect(ids(await list(`limit=2&cursor=${first.body.next_cursor}`))).toEqual(['gpu-a'])
    expect(ids(await list('rule=gpu-lost&state=alarm&source=alertmanager'))).toEqual(['gpu-b', 'gpu-a'])
    expect(ids(await list('alarm_name=disk'))).toEqual(['disk'])
    expect((await list('cursor=made-up')).body.code).toBe('cursor.invalid')
  })

  it('shows who is bound to clusters only what their rules were asked about', async () => {
    const caller = { id: 'v', role: 'viewer' as const, clusters: ['east-1'] }
    const viewing = await alarmWorld({}, caller)
    await viewing.rule()
    const { takeAlarms } = await import('@gridgate/core/alarm/take-alarms')
    const { parseAlertmanager } = await import('@gridgate/core/alarm/parse-alertmanager')
    const { event_id } = await takeAlarms(viewing.ports, parseAlertmanager(alert(0)), { id: 'k', clusters: '*' })
    await viewing.work()
    expect((await call(viewing, getAlarms, '/alarms/events')).body.data).toEqual([])
    const read = await call(viewing, getAlarm, `/alarms/events/${event_id}`)
    expect(read).toMatchObject({ status: 404, body: { code: 'alarm.not_found' } })
  })
})
