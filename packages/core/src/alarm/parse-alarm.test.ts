import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { AlarmEvent } from './alarm-event.ts'
import { parseAlarm } from './parse-alarm.ts'
import { parseAlertmanager } from './parse-alertmanager.ts'
import { parseEventBridge } from './parse-eventbridge.ts'
import { parseSns, SnsEnvelope } from './parse-sns.ts'
import { parseWebhook } from './parse-webhook.ts'

type Body = Record<string, unknown>
const fixture = (name: string): Body =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'))

const parsers = {
  eventbridge: parseEventBridge,
  sns: (body: unknown) => parseSns(parseAlarm(SnsEnvelope, body)),
  alertmanager: parseAlertmanager,
  webhook: parseWebhook,
}
const parse = (name: string, body: unknown = fixture(name)): AlarmEvent[] =>
  parsers[name.split('-')[0] as keyof typeof parsers](body)
const parseOne = (name: string, body?: unknown): AlarmEvent => {
  const [event] = parse(name, body)
  if (!event) throw new Error('no event')
  return event
}

/** A copy with one member replaced, by its path. */
function changed(body: Body, path: string, value: unknown): Body {
  const copy = structuredClone(body)
  const steps = path.split('.')
  const last = steps.pop() ?? ''
  let at: Body = copy
  for (const step of steps) at = at[step] as Body
  at[last] = value
  return copy
}

const instance = { InstanceId: 'i-0123456789abcdef0', AutoScalingGroupName: 'pool-a' }
const place = { region: 'eu-west-1', account: '123456789012' }

describe('an alarm', () => {
  it.each([
    'previousState',
    'configuration',
    'state.reason',
    'muteDetail',
    'alarmContributor',
  ])('of EventBridge with a null says the same as without %s', (member) => {
    const [withNull, without] = [null, undefined].map((value) =>
      parseOne('eventbridge-metric', changed(fixture('eventbridge-metric'), `detail.${member}`, value)),
    )
    expect({ ...withNull, raw: '' }).toEqual({ ...without, raw: '' })
  })

  it.each([
    [
      'eventbridge-metric',
      { alarm_name: 'gpu-lost', previous: 'ok', state_at: '2030-01-01T00:00:04.985Z', labels: instance },
    ],
    [
      'eventbridge-composite',
      {
        alarm_name: 'pool-a-unhealthy',
        previous: 'insufficient_data',
        state_at: '2030-01-01T00:00:05.001Z',
        labels: {},
      },
    ],
    // The two metrics are of different sides, so the alarm is of neither.
    ['eventbridge-metric-math', { alarm_name: 'error-rate', labels: { NodePool: 'pool-a' } }],
    [
      'eventbridge-contributor',
      { alarm_name: 'gpu-per-node', previous: null, labels: { InstanceId: 'i-0123456789abcdef0' } },
    ],
    ['sns-metric', { alarm_name: 'gpu-lost', previous: 'ok', state_at: '2030-01-01T00:00:04.985Z', labels: instance }],
    ['sns-metric-math', { alarm_name: 'error-rate', labels: { NodePool: 'pool-a' } }],
    ['sns-composite', { alarm_name: 'pool-a-unhealthy', labels: {} }],
  ])('of CloudWatch is read: %s', (name, expected) => {
    expect(parse(name)).toMatchObject([
      { source: name.split('-')[0], state: 'alarm', ...place, ...expected, is_muted: false },
    ])
  })

  it('is read from each alert of an Alertmanager message', () => {
    expect(parse('alertmanager-two')).toMatchObject([
      {
        state: 'alarm',
        state_at: '2030-01-01T00:00:04.985Z',
        labels: { node: 'node-1' },
        title: 'GPU 3 of node-1 is gone',
      },
      {
        state: 'ok',
        state_at: '2029-12-31T23:00:02.500Z',
        labels: { node: 'node-2' },
        title: 'GPU 0 of node-2 is back',
      },
    ])
  })

  it('is read from a webhook, bare and in the shape of Standard Webhooks', () => {
    const [bare, wrapped] = [parseOne('webhook'), parseOne('webhook-standard')]
    expect(bare).toMatchObject({ state: 'alarm', previous: 'ok', labels: { pool: 'pool-a', node: 'node-1' } })
    expect(wrapped.event_id).toBe(bare.event_id)
  })

  it.each([
    ['OK', 'ok'],
    ['INSUFFICIENT_DATA', 'insufficient_data'],
  ])('in state %s is told as it is', (value, state) => {
    const body = changed(fixture('eventbridge-metric'), 'detail.state.value', value)
    expect(parseOne('eventbridge', body).state).toBe(state)
  })

  it.each([
    ['muteDetail', 'detail.muteDetail', { mutedByArn: 'arn' }],
    ['a suppressor', 'detail.state.actionsSuppressedBy', 'Alarm'],
  ])('that is muted by %s says so', (_, path, value) => {
    const body = changed(fixture('eventbridge-composite'), path, value)
    expect(parseOne('eventbridge', body).is_muted).toBe(true)
  })

  it('is placed by the topic where an older message names no ARN', () => {
    const message = JSON.parse(String(fixture('sns-metric').Message)) as Body
    const { AlarmArn: _, ...older } = message
    const event = parseOne('sns', { ...fixture('sns-metric'), Message: JSON.stringify(older) })
    expect(event).toEqual({ ...parseOne('sns-metric'), raw: event.raw })
  })
})

describe('its ids', () => {
  it('are of the alarm, whichever way CloudWatch tells of it, and of the change', () => {
    const [bridge, sns] = [parseOne('eventbridge-metric'), parseOne('sns-metric')]
    expect(sns.fingerprint).toBe(bridge.fingerprint)
    expect(sns.event_id).not.toBe(bridge.event_id)
    const later = parseOne('eventbridge', changed(fixture('eventbridge-metric'), 'detail.state.value', 'OK'))
    expect(later.fingerprint).toBe(bridge.fingerprint)
    expect(later.event_id).not.toBe(bridge.event_id)
  })

  it('stay the same when only the delivery differs', () => {
    const again = changed(fixture('eventbridge-metric'), 'id', 'another')
    expect(parseOne('eventbridge', again).event_id).toBe(parseOne('eventbridge-metric').event_id)
    const { alerts } = fixture('alertmanager-two') as { alerts: Body[] }
    const grouped = { ...fixture('alertmanager-two'), alerts: [alerts[1], alerts[0]] }
    expect(
      parse('alertmanager', grouped)
        .map(({ event_id }) => event_id)
        .sort(),
    ).toEqual(
      parse('alertmanager-two')
        .map(({ event_id }) => event_id)
        .sort(),
    )
  })

  it('tell contributors of one alarm apart', () => {
    const other = changed(fixture('eventbridge-contributor'), 'detail.alarmContributor.id', 'b')
    expect(parseOne('eventbridge', other).fingerprint).not.toBe(parseOne('eventbridge-contributor').fingerprint)
  })
})

describe('what is no alarm', () => {
  const labels = Object.fromEntries(Array.from({ length: 151 }, (_, index) => [`l${index}`, 'x']))
  it.each([
    ['eventbridge-metric', 'source', 'aws.ec2', '/source'],
    ['eventbridge-metric', 'detail-type', 'CloudWatch Alarm Configuration Change', '/detail-type'],
    ['eventbridge-metric', 'account', 'me', '/account'],
    ['eventbridge-metric', 'detail.state.value', 'BAD', '/detail/state/value'],
    ['eventbridge-metric', 'detail.state.timestamp', 'yesterday', '/detail/state/timestamp'],
    ['eventbridge-metric', 'detail.state', undefined, '/detail/state'],
    ['eventbridge-metric', 'detail.alarmName', 'x'.repeat(256), '/detail/alarmName'],
    ['eventbridge-metric', 'detail.configuration.metrics', {}, '/detail/configuration/metrics'],
    ['sns-metric', 'Message', 'not JSON', '/Message'],
    ['sns-metric', 'Message', '{"AlarmName":"a"}', '/NewStateValue'],
    ['sns-metric', 'SignatureVersion', '3', '/SignatureVersion'],
    ['sns-metric', 'Type', 'Gossip', '/Type'],
    ['alertmanager-two', 'version', '3', '/version'],
    ['alertmanager-two', 'alerts', [], '/alerts'],
    ['alertmanager-two', 'alerts', Array.from({ length: 501 }, () => ({})), '/alerts'],
    ['alertmanager-two', 'alerts.0.startsAt', '0001-01-01T00:00:00Z', '/alerts/0/startsAt'],
    ['alertmanager-two', 'alerts.0.labels', { a: 1 }, '/alerts/0/labels/a'],
    ['alertmanager-two', 'alerts.0.status', 'pending', '/alerts/0/status'],
    ['webhook', 'state', 'maybe', '/state'],
    ['webhook', 'state_at', undefined, '/state_at'],
    ['webhook', 'alarm_name', '', '/alarm_name'],
    ['webhook', 'labels', labels, '/labels'],
    ['webhook', 'labels', { a: 'x'.repeat(1025) }, '/labels/a'],
  ])('is refused with its place: %s with %s = %o', (name, path, value, pointer) => {
    const body = changed(fixture(name), path, value)
    const refused = (): unknown => parse(name, body)
    expect(refused).toThrow(expect.objectContaining({ code: 'alarm.invalid', status: 400 }))
    expect(refused).toThrow(
      expect.objectContaining({
        details: { problems: expect.arrayContaining([expect.objectContaining({ pointer })]) },
      }),
    )
  })

  it.each(Object.entries(parsers))('is refused in any other form: %s', (_, parser) => {
    for (const body of [null, 7, 'text', [], {}]) expect(() => parser(body)).toThrow('is not valid')
  })
})

it('keeps what came only so far as it is short', () => {
  const event = parseOne('webhook', { ...fixture('webhook'), title: 'x'.repeat(4000), more: 'y'.repeat(50_000) })
  expect(event.raw.length).toBe(16_000)
  expect(event.title?.length).toBe(1000)
})
