import { describe, expect, it } from 'vitest'
import type { AlarmEvent } from './alarm-event.ts'
import { FailoverRule, matches, targetOf } from './failover-rule.ts'
import { parseWebhook } from './parse-webhook.ts'

const good = {
  name: 'gpu-lost',
  match: { alarm_name: 'gpu-*' },
  cluster_id: 'west-1',
  node_pool: 'pool-a',
  type: 'cordon_nodepool',
}
const parse = (more: Record<string, unknown> = {}): FailoverRule => FailoverRule.parse({ ...good, ...more })
const event = (labels: Record<string, string> = {}): AlarmEvent => {
  const [read] = parseWebhook({ alarm_name: 'gpu-lost', state: 'alarm', state_at: '2030-01-01T00:00:00Z', labels })
  if (!read) throw new Error('no event')
  return read
}

describe('a rule', () => {
  it('observes unless it says otherwise', () => {
    expect(parse()).toEqual({ ...good, namespace: 'default', mode: 'observe' })
  })

  it.each([
    ['an unknown member', { for_second: 5 }],
    ['a match of everything', { match: {} }],
    ['a match by source alone', { match: { source: 'sns' } }],
    ['no target', { node_pool: undefined }],
    ['a restart of nothing', { type: 'cordon_nodepool_and_restart_jobset' }],
    ['an uncordon', { type: 'uncordon_nodepool' }],
    ['an unknown type', { type: 'reboot' }],
    ['a name that is no label', { name: 'GPU lost' }],
    ['a wait of no time', { for_seconds: 0 }],
    ['a damping of one change', { flap: { changes: 1, seconds: 60 } }],
    ['an empty veto', { veto: { promql: '', for_seconds: 60 } }],
  ])('is refused with %s', (_, more) => {
    expect(FailoverRule.safeParse({ ...good, ...more }).success).toBe(false)
  })

  it.each([
    [{ alarm_name: 'gpu-*' }, true],
    [{ alarm_name: 'gpu' }, false],
    [{ alarm_name: 'gpu-lost', source: 'sns' }, false],
    [{ alarm_name: '*', source: 'webhook' }, true],
    [{ labels: { pool: 'pool-*' } }, true],
    [{ labels: { pool: 'pool-b' } }, false],
    [{ labels: { pool: 'pool-*', rack: '*' } }, false],
    [{ labels: { constructor: '*' } }, false],
  ])('with match %o is about the event: %s', (match, expected) => {
    expect(matches(parse({ match }), event({ pool: 'pool-a' }))).toBe(expected)
    expect(matches(parse({ match, mode: 'off' }), event({ pool: 'pool-a' }))).toBe(false)
  })

  it.each([
    [undefined, { node: 'n1' }, '*'],
    ['node', { node: 'n1' }, 'n1'],
    ['node', { host: 'n1' }, null],
    ['node', { node: ' ' }, null],
    ['node', { node: '*' }, null],
    ['toString', {}, null],
  ])('with node_from %s and labels %o has the target %s', (node_from, labels, target) => {
    expect(targetOf(parse({ ...(node_from ? { node_from } : {}) }), event(labels))).toBe(target)
  })
})
