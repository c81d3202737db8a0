import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { configured, fixture, refuses, trust } from '../../test/alarm-trust.ts'
import { type AlarmWorld, alarmWorld } from '../../test/alarm-world.ts'
import { call } from '../../test/call-endpoint.ts'
import { addWebhookSecret } from '../webhook-secrets/create.ts'
import { deleteWebhookSecret } from '../webhook-secrets/delete.ts'
import { getWebhookSecrets } from '../webhook-secrets/list.ts'
import { receiveWebhook } from './receive-webhook.ts'

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
