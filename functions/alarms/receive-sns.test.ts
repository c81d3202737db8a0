import { createSign } from 'node:crypto'
import { SnsEnvelope } from '@gridgate/core/alarm/parse-sns'
import { signedText } from '@gridgate/core/alarm/sns-signature'
import { GridError } from '@gridgate/core/errors'
import { describe, expect, it } from 'vitest'
import { expired, fixture, refuses, signer, topic, trust } from '../../test/alarm-trust.ts'
import { type AlarmWorld, alarmWorld } from '../../test/alarm-world.ts'
import { call } from '../../test/call-endpoint.ts'
import { receiveSns } from './receive-sns.ts'

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
