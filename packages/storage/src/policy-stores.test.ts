import type { Decision } from '@gridgate/core/policy/decision'
import type { PolicyCode } from '@gridgate/core/policy/engine'
import { NewPolicy, type Policy, toPolicy } from '@gridgate/core/policy/policy'
import { describe, expect, it } from 'vitest'
import { contextStore } from './context-store.ts'
import { describeOnEveryStore } from './contract.ts'
import { decisionStore } from './decision-store.ts'
import { policyMapStore } from './policy-map-store.ts'
import { policyStore } from './policy-store.ts'
import { keys } from './table.ts'

const source: PolicyCode = { digest: 'd1', kind: 'source', data: 'class A:\n  pass\n' }

const policy = (name: string, digest: string | null = 'd1'): Policy => ({
  ...toPolicy(
    NewPolicy.parse({ name, version: '1', release_tag: 'a', code: 'x', metadata: { large: 1e30, none: null } }),
  ),
  code_digest: digest,
})

describeOnEveryStore('the policy stores', (open) => {
  describe('policies', () => {
    it('are there as they were registered, with their code', async () => {
      const policies = policyStore(await open())
      const one = policy('one')
      expect(await policies.create(one, source)).toEqual({ policy: one, version: 1 })
      expect(await policies.find(one.policy_rule_uri)).toEqual({ policy: one, version: 1 })
      expect(await policies.code(one.policy_rule_uri, 'd1')).toEqual(source)
      expect(await policies.code(one.policy_rule_uri, 'd2')).toBeNull()
      expect(await policies.find(policy('two').policy_rule_uri)).toBeNull()
    })

    it('are registered once', async () => {
      const policies = policyStore(await open())
      await policies.create(policy('one'), source)
      const again = policies.create({ ...policy('one', 'd2') }, { ...source, digest: 'd2' })
      await expect(again).rejects.toMatchObject({ code: 'policy.exists' })
      expect(await policies.code(policy('one').policy_rule_uri, 'd1')).toEqual(source)
    })

    it('change only from the version that was read', async () => {
      const policies = policyStore(await open())
      const one = policy('one', null)
      await policies.create(one, null)
      expect(await policies.code(one.policy_rule_uri, 'd1')).toBeNull()
      const next = { ...policy('one'), tags: 'new' }
      expect(await policies.replace(next, source, 1)).toEqual({ policy: next, version: 2 })
      await expect(policies.replace(one, null, 1)).rejects.toMatchObject({ code: 'policy.changed' })
      await expect(policies.remove(one.policy_rule_uri, 1)).rejects.toMatchObject({ code: 'policy.changed' })
      expect(await policies.find(one.policy_rule_uri)).toEqual({ policy: next, version: 2 })
      expect(await policies.code(one.policy_rule_uri, 'd1')).toEqual(source)
    })

    it('go with their code', async () => {
      const store = await open()
      const policies = policyStore(store)
      const one = policy('one')
      await policies.create(one, source)
      await policies.remove(one.policy_rule_uri, 1)
      expect(await policies.find(one.policy_rule_uri)).toBeNull()
      expect(await store.get(keys.policyCode(one.policy_rule_uri))).toBeNull()
    })

    it('are listed by URI, page by page', async () => {
      const policies = policyStore(await open())
      for (const name of ['c', 'a', 'b']) await policies.create(policy(name), null)
      const first = await policies.list({ after: null, limit: 2 })
      expect(first.items.map((item) => item.policy.name)).toEqual(['a', 'b'])
      const second = await policies.list({ after: first.nextCursor, limit: 2 })
      expect(second.items.map((item) => item.policy.name)).toEqual(['c'])
      expect(second.nextCursor).toBeNull()
    })

    it('take code of the largest size', async () => {
      const policies = policyStore(await open())
      const data = Buffer.alloc(256 * 1024, 1).toString('base64')
      await policies.create(policy('large'), { digest: 'd1', kind: 'archive', data })
      expect((await policies.code(policy('large').policy_rule_uri, 'd1'))?.data).toBe(data)
    })
  })

  describe('the policy map', () => {
    it('is empty at first, changes from the version that was read, and keeps its old versions', async () => {
      const store = await open()
      const maps = policyMapStore(store)
      const { policy_rule_uri: uri } = policy('one')
      expect(await maps.read()).toEqual({ map: {}, version: 0 })
      await maps.replace({ add_node: uri }, 0)
      await expect(maps.replace({}, 0)).rejects.toMatchObject({ code: 'policy.changed' })
      const bound = { add_node: { policyRuleURI: uri, parameters: { a: [1] } } }
      expect(await maps.replace(bound, 1)).toEqual({ map: bound, version: 2 })
      expect(await maps.read()).toEqual({ map: bound, version: 2 })
      const old = await store.query({ from: { pk: keys.oldPolicyMap(1).pk }, prefix: 'POLICY_MAP#' })
      expect(old.items.map(({ json }) => JSON.parse(String(json)))).toEqual([{ add_node: uri }, bound])
    })
  })

  describe('contexts', () => {
    it('are written by compare-and-set', async () => {
      const contexts = contextStore(await open())
      expect(await contexts.read('s')).toEqual({ json: '{}', version: 0 })
      expect(await contexts.replace('s', '{"a":1}', 0)).toBe(true)
      expect(await contexts.replace('s', '{"a":2}', 0)).toBe(false)
      expect(await contexts.read('s')).toEqual({ json: '{"a":1}', version: 1 })
      expect(await contexts.replace('s', '{"a":2}', 1)).toBe(true)
      expect(await contexts.read('other')).toEqual({ json: '{}', version: 0 })
    })
  })

  describe('decisions', () => {
    const decision = (id: string, second: number): Decision => ({
      id,
      at: new Date(Date.UTC(2030, 0, 1, 0, 0, second)).toISOString(),
      action: 'add_node',
      level: 'network',
      cluster_id: null,
      caller: 'c',
      policy_rule_uri: 'a:1-b',
      policy_digest: null,
      engine: 'local',
      input_sha256: '',
      verdict: 'allowed',
      code: null,
      reason: null,
      rewrite: [{ op: 'add', path: '/a', value: 1e30 }],
      rewrite_too_large: false,
      duration_ms: 0.123,
      request_id: null,
      task_id: null,
    })

    it('are found by id and listed from the newest, and expire', async () => {
      const store = await open()
      const decisions = decisionStore(store)
      for (const [id, second] of [
        ['b', 1],
        ['c', 1],
        ['a', 2],
      ] as const)
        await decisions.append(decision(id, second))
      expect(await decisions.find('b')).toEqual(decision('b', 1))
      expect(await decisions.find('x')).toBeNull()
      const first = await decisions.list({ after: null, limit: 2 })
      expect(first.items.map(({ id }) => id)).toEqual(['a', 'c'])
      const second = await decisions.list({ after: first.nextCursor, limit: 2 })
      expect(second).toEqual({ items: [decision('b', 1)], nextCursor: null })
      expect((await store.get(keys.decision('a')))?.ttl).toBe(Date.UTC(2031, 0, 32, 0, 0, 2) / 1000)
    })

    it('are never overwritten', async () => {
      const decisions = decisionStore(await open())
      await decisions.append(decision('a', 1))
      await expect(decisions.append(decision('a', 2))).rejects.toThrow()
      expect(await decisions.find('a')).toEqual(decision('a', 1))
    })
  })
})
