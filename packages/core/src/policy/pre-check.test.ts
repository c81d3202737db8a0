import { describe, expect, it } from 'vitest'
import { addCluster, guard, policyWorld, publish } from '../../../../test/policy-world.ts'
import { admin, type World } from '../../../../test/world.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { GridError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { PolicyAction } from './actions.ts'
import type { Decision } from './decision.ts'
import type { PolicyEngine } from './engine.ts'
import { preCheck } from './pre-check.ts'

const input: JsonObject = { node_data: { id: 'n1' }, cluster_metrics: null }

const check = (
  w: World,
  more: { action?: PolicyAction; cluster?: Cluster | null; input?: JsonObject; accept?: () => void } = {},
): Promise<{ input: JsonObject }> =>
  preCheck(w.ports, { action: 'add_node', cluster: null, caller: admin, requestId: 'r1', input, ...more })

const decisions = async (w: World): Promise<Decision[]> =>
  (await w.ports.decisions.list({ after: null, limit: 100 })).items

describe('preCheck', () => {
  it('admits what nothing guards, with the very same input, and records nothing', async () => {
    const w = policyWorld()
    expect((await check(w)).input).toBe(input)
    expect(w.snapshot()).toEqual([])
  })

  it('gives the very same input back when the policy changed nothing', async () => {
    const w = policyWorld()
    await guard(w, { add_node: await publish(w, 'admit') })
    expect((await check(w)).input).toBe(input)
    expect(await decisions(w)).toMatchObject([{ verdict: 'allowed', code: null, reason: null, rewrite: [] }])
  })

  it('asks the network first, then the cluster, which sees what the network made of the input', async () => {
    const w = policyWorld()
    const { cluster } = await addCluster(w, 'west-1', { add_node: await publish(w, 'echoArguments') })
    await guard(w, { add_node: await publish(w, 'tag') })
    await check(w, { cluster })
    expect(await decisions(w)).toMatchObject([
      { level: 'cluster', cluster_id: 'west-1' },
      { level: 'network', cluster_id: 'west-1', rewrite: [{ op: 'add', path: '/owner', value: 'ops' }] },
    ])
    const [second, first] = await decisions(w)
    expect(second?.rewrite).toContainEqual({ op: 'remove', path: '/owner' })
    expect(second?.input_sha256).not.toBe(first?.input_sha256)
  })

  it('does not ask the cluster once the network denies (24: a denial is 403 with the reason of the policy)', async () => {
    const w = policyWorld()
    const { cluster } = await addCluster(w, 'west-1', { add_node: await publish(w, 'tag') })
    await guard(w, { add_node: await publish(w, 'deny') })
    const denied = check(w, { cluster })
    await expect(denied).rejects.toMatchObject({
      code: 'pre_check.denied',
      status: 403,
      message: 'the quota is used up',
      details: { action: 'add_node', level: 'network', policy_rule_uri: 'deny:1-test' },
    })
    const [only, ...others] = await decisions(w)
    expect(others).toEqual([])
    expect(only).toMatchObject({
      verdict: 'denied',
      code: 'pre_check.denied',
      reason: 'the quota is used up',
      rewrite: [],
    })
    await expect(denied).rejects.toMatchObject({ details: { decision_id: only?.id } })
  })

  it('reads the reason out of an object', async () => {
    const w = policyWorld()
    await guard(w, { add_node: await publish(w, 'denyObject') })
    await expect(check(w)).rejects.toMatchObject({ code: 'pre_check.denied', message: 'not on Sundays' })
  })

  it('writes the whole record of a decision (23)', async () => {
    const w = policyWorld()
    await guard(w, { add_node: await publish(w, 'tag') })
    expect((await check(w)).input).toEqual({ ...input, owner: 'ops' })
    expect(input).not.toHaveProperty('owner')
    expect(await decisions(w)).toEqual([
      {
        id: expect.any(String),
        at: '2030-01-01T00:00:00.000Z',
        action: 'add_node',
        level: 'network',
        cluster_id: null,
        caller: 'test-admin',
        policy_rule_uri: 'tag:1-test',
        policy_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        engine: 'local',
        input_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        verdict: 'allowed',
        code: null,
        reason: null,
        rewrite: [{ op: 'add', path: '/owner', value: 'ops' }],
        rewrite_too_large: false,
        duration_ms: 0.5,
        request_id: 'r1',
        task_id: null,
      },
    ])
  })

  it.each([
    ['raise', 'policy.crashed', 503],
    ['spin', 'policy.timeout', 503],
    ['hoard', 'policy.out_of_memory', 503],
    ['none', 'policy.bad_verdict', 502],
    ['text', 'policy.bad_verdict', 502],
    ['largeContext', 'policy.bad_verdict', 502],
  ] as const)('fails closed on %s with %s, never as a denial, and records it (23)', async (name, code, status) => {
    const w = policyWorld()
    await guard(w, { add_node: await publish(w, name) })
    await expect(check(w)).rejects.toMatchObject({ code, status })
    expect(await decisions(w)).toMatchObject([{ verdict: 'failed', code, policy_rule_uri: `${name}:1-test` }])
    expect(w.snapshot().filter(({ pk }) => pk.startsWith('CONTEXT'))).toEqual([])
  })

  it('keeps the text of a policy that raised in the record, and tells the caller the line', async () => {
    const w = policyWorld()
    await guard(w, { add_node: await publish(w, 'raise') })
    const failed = check(w)
    await expect(failed).rejects.toMatchObject({ details: { line: 6 } })
    await expect(failed).rejects.not.toThrow('KeyError')
    expect(await decisions(w)).toMatchObject([{ reason: "KeyError: 'missing'" }])
  })

  it.each([
    ['is not registered', 'ghost:1-test'],
    ['is not readable as a policy', 'no uri at all'],
    ['is a number', 7],
  ])('answers 503 policy.not_found while what the map names %s', async (_, value) => {
    const w = policyWorld()
    const { cluster } = await addCluster(w, 'west-1', { add_node: value })
    await expect(check(w, { cluster })).rejects.toMatchObject({ code: 'policy.not_found', status: 503 })
    expect(await decisions(w)).toMatchObject([{ verdict: 'failed', code: 'policy.not_found', policy_digest: null }])
  })

  it('answers 503 policy.not_found while no code is pinned', async () => {
    const w = policyWorld()
    const uri = await publish(w, 'admit')
    const stored = await w.ports.policies.find(uri)
    if (stored) await w.ports.policies.replace({ ...stored.policy, code_digest: null }, null, stored.version)
    await guard(w, { add_node: uri })
    await expect(check(w)).rejects.toMatchObject({ code: 'policy.not_found', status: 503 })
  })

  it('answers policy.unavailable when the engine itself fails, and records it', async () => {
    const broken = { evaluate: () => Promise.reject(new Error('no engine')) } as unknown as PolicyEngine
    const w = policyWorld({ engine: broken })
    await guard(w, { add_node: await publish(w, 'admit') })
    await expect(check(w)).rejects.toMatchObject({ code: 'policy.unavailable', status: 503 })
    expect(await decisions(w)).toMatchObject([{ verdict: 'failed', code: 'policy.unavailable' }])
  })

  it("never runs another cluster's policy, nor a cluster's policy for the network (46)", async () => {
    const w = policyWorld()
    const { cluster } = await addCluster(w, 'west-1', { add_node: 'admit:1-test' })
    const { cluster: other } = await addCluster(w, 'east-1', { add_node: 'admit:1-test' })
    await publish(w, 'admit', { cluster_id: 'west-1' })
    expect((await check(w, { cluster })).input).toBe(input)
    await expect(check(w, { cluster: other })).rejects.toMatchObject({ code: 'policy.not_found' })
    await guard(w, { add_node: 'admit:1-test' })
    await expect(check(w, { cluster })).rejects.toMatchObject({ code: 'policy.not_found' })
  })

  it('reads the maps at the moment of the decision (21)', async () => {
    const w = policyWorld()
    await check(w)
    await guard(w, { add_node: await publish(w, 'deny') })
    await expect(check(w)).rejects.toMatchObject({ code: 'pre_check.denied' })
  })

  it('takes a URI and an object alike, and aliases in the map of a cluster (18, 19)', async () => {
    const w = policyWorld()
    const uri = await publish(w, 'deny')
    const maps = [{ scale_block: uri }, { scale: { policyRuleURI: uri } }, { 'reassign-instances': uri }]
    for (const [index, map] of maps.entries()) {
      const { cluster } = await addCluster(w, `west-${index}`, map)
      await expect(check(w, { action: 'scale_block', cluster })).rejects.toMatchObject({ code: 'pre_check.denied' })
    }
  })
})

describe('parameters and settings', () => {
  it("are the registry's defaults under what the map gives, key by key (29)", async () => {
    const w = policyWorld()
    const uri = await publish(w, 'echoArguments', {
      policy_parameters: { a: 1, b: { deep: [1] } },
      policy_settings: { s: 'default', t: 1 },
    })
    await guard(w, { add_node: { policyRuleURI: uri, parameters: { b: 2 }, settings: { s: 'given' } } })
    expect((await check(w)).input).toEqual({
      parameters: { a: 1, b: 2, own: true },
      settings: { s: 'given', t: 1 },
    })
  })

  it('are copies: a run changes neither the registry nor the next run (30)', async () => {
    const engine: PolicyEngine = {
      ...policyWorld().ports.engine,
      async evaluate(request) {
        request.parameters.spoilt = true
        ;(request.parameters.list as unknown[]).push('spoilt')
        return { ok: true, allowed: true, inputDataJson: request.inputJson, contextJson: '{}', log: '', durationMs: 0 }
      },
    }
    const w = policyWorld({ engine })
    const uri = await publish(w, 'admit', { policy_parameters: { list: [] } })
    await guard(w, { add_node: uri })
    const before = await w.ports.policies.find(uri)
    await check(w)
    expect(await w.ports.policies.find(uri)).toEqual(before)
    expect((await w.ports.policyMaps.read()).map).toEqual({ add_node: uri })
  })
})

describe('the context of a policy (28)', () => {
  it('is kept over runs, denials included', async () => {
    const w = policyWorld()
    await guard(w, { add_node: await publish(w, 'count') })
    await check(w)
    await check(w)
    await expect(check(w)).rejects.toThrow('run 3 is too many')
    await expect(check(w)).rejects.toThrow('run 4 is too many')
  })

  it('belongs to one action, and at the level of clusters to one cluster', async () => {
    const w = policyWorld()
    const uri = await publish(w, 'count')
    const { cluster: west } = await addCluster(w, 'west-1', { add_node: uri })
    const { cluster: east } = await addCluster(w, 'east-1', { add_node: uri })
    for (const cluster of [west, east, west, east]) await check(w, { cluster })
    await expect(check(w, { cluster: west })).rejects.toThrow('run 3 is too many')
    await guard(w, { add_node: uri, remove_node: uri })
    for (const action of ['remove_node', 'remove_node'] as const) await check(w, { action })
    await expect(check(w, { action: 'remove_node', cluster: east })).rejects.toThrow('run 3 is too many')
  })

  it('loses no run when requests race', async () => {
    const w = policyWorld()
    await guard(w, { add_node: await publish(w, 'count') })
    const ends = await Promise.allSettled([check(w), check(w), check(w)])
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
  })

  it('ends in policy.context_conflict after three further runs', async () => {
    let replaced = 0
    const w = policyWorld({
      policyContexts: { read: async () => ({ json: '{}', version: 0 }), replace: async () => ++replaced < 0 },
    })
    await guard(w, { add_node: await publish(w, 'count') })
    await expect(check(w)).rejects.toMatchObject({ code: 'policy.context_conflict', status: 503 })
    expect(replaced).toBe(4)
    expect(await decisions(w)).toMatchObject([{ verdict: 'failed', code: 'policy.context_conflict', duration_ms: 2 }])
  })
})

describe('what a policy returns', () => {
  const returning = (inputDataJson: string): PolicyEngine =>
    ({
      evaluate: async () => ({ ok: true, allowed: true, inputDataJson, contextJson: '{}', log: '', durationMs: 1 }),
    }) as unknown as PolicyEngine

  it.each([
    ['is no JSON', '{'],
    ['is null', 'null'],
    ['is a list', '[]'],
    ['has a key that is unsafe', '{"a":{"__proto__":{}}}'],
    ['has a number without end', '{"a":1e400}'],
    ['has a text with NUL', JSON.stringify({ a: ['x\0'] })],
    ['has a text with a lone surrogate', '{"a":"\\ud800"}'],
    ['has a key with NUL', JSON.stringify({ 'a\0': 1 })],
    ['is nested too deep', `${'{"a":'.repeat(80)}1${'}'.repeat(80)}`],
  ])('is refused as policy.bad_verdict when it %s (22)', async (_, text) => {
    const w = policyWorld({ engine: returning(text) })
    await guard(w, { add_node: await publish(w, 'admit') })
    await expect(check(w)).rejects.toMatchObject({ code: 'policy.bad_verdict', status: 502 })
  })

  it('is recorded as failed when the operation cannot accept it, with the reason', async () => {
    const w = policyWorld({ engine: returning('{"id":"another"}') })
    await guard(w, { add_node: await publish(w, 'admit') })
    const accept = (): never => {
      throw new GridError('policy.bad_verdict', 'the id was changed')
    }
    await expect(check(w, { accept })).rejects.toMatchObject({ code: 'policy.bad_verdict', status: 502 })
    expect(await decisions(w)).toMatchObject([
      { verdict: 'failed', code: 'policy.bad_verdict', reason: 'the id was changed' },
    ])
  })

  it('is left out of the record, and said so, when it is very large', async () => {
    const w = policyWorld({ engine: returning(JSON.stringify({ large: 'x'.repeat(70_000) })) })
    await guard(w, { add_node: await publish(w, 'admit') })
    await check(w)
    expect(await decisions(w)).toMatchObject([{ rewrite: [], rewrite_too_large: true }])
  })
})
