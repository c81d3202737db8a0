import { Cluster, type ClusterId } from '@gridgate/core/cluster/cluster'
import type { JsonObject } from '@gridgate/core/json'
import { describe, expect, it } from 'vitest'
import { id, opened, order, post } from '../../test/action-world.ts'
import { appOf, call } from '../../test/call-endpoint.ts'
import type { Script } from '../../test/guarded-network.ts'
import { enrolController } from '../../test/scripted-controllers.ts'
import { jobSetOn } from '../../test/scripted-pool.ts'
import { changeSettings } from '../failover/settings-update.ts'
import { listFailovers } from './list.ts'
import { readFailover } from './read.ts'

/** The 18 cases of spec/failover.md §2; the columns are its own. */
const y = 'pool-a'
const jobset_name = 'train'
const cases: [number, JsonObject, 'valid' | RegExp][] = [
  [1, { ...order, jobset_name }, 'valid'],
  [2, order, 'valid'],
  [3, { ...order, node_pool: '', jobset_name }, /^node_pool or node_name is required for cordon_nodepool$/],
  [4, { ...order, node_pool: '', node_name: 'n1' }, 'valid'],
  [5, { ...order, requestor: '', jobset_name }, /^requestor is required$/],
  [6, { ...order, reason: '', jobset_name }, /^reason is required$/],
  [7, { ...order, id: '', jobset_name }, 'valid'],
  [8, { ...order, namespace: '', jobset_name }, 'valid'],
  [9, { ...order, namespace: 'default', jobset_name }, 'valid'],
  [10, { ...order, type: 'cordon_nodepool_and_restart_jobset', jobset_name }, 'valid'],
  [11, { ...order, type: 'cordon_nodepool_and_restart_jobset', node_pool: '', jobset_name }, 'valid'],
  [
    12,
    { ...order, type: 'cordon_nodepool_and_restart_jobset' },
    /^jobset_name is required for cordon_nodepool_and_restart_jobset$/,
  ],
  [13, { ...order, type: 'cordon_and_repair_nodepool', node_name: 'n1', node_pool: y, jobset_name }, 'valid'],
  [14, { ...order, type: 'cordon_and_repair_nodepool', node_name: 'n1', node_pool: y }, 'valid'],
  [
    15,
    { ...order, type: 'cordon_and_repair_nodepool', node_pool: '', jobset_name },
    /^node_pool or node_name is required for cordon_and_repair_nodepool$/,
  ],
  [
    16,
    { ...order, type: 'repair_nodepool', node_pool: '' },
    /^node_pool or node_name is required for repair_nodepool$/,
  ],
  [17, { ...order, type: 'invalid-action', jobset_name }, /^unknown action type: "invalid-action"$/],
  [18, { type: 'repair_nodepool' }, /^requestor is required$/],
]

describe('POST /actions', () => {
  it.each(cases)('keeps case %i of the original', async (_, body, expected) => {
    const w = await opened()
    jobSetOn(w.pool)
    const before = w.snapshot()
    const { status, said } = await post(w, body)
    if (expected === 'valid') {
      expect(status).not.toBe(400)
      expect(said.id).toMatch(body.id ? /^a-1$/ : /^0{8}-/)
      return
    }
    expect([status, said.code]).toEqual([400, 'request.invalid'])
    expect(said.error).toMatch(expected)
    expect(said.id).toMatch(body.id ? /^a-1$/ : /^0{8}-/)
    expect(w.snapshot()).toEqual(before)
  })

  it.each([
    ['nothing', ''],
    ['what is no JSON', '{"id": "a-1"'],
    ['text after the JSON', '{"id": "a-1"} and more'],
    ['a list', '[]'],
    ['a wrong type', '{"id": "a-1", "dry_run": "yes"}'],
  ])('refuses %s with an empty id', async (_, text) => {
    const { status, said } = await post(await opened(), text)
    expect([status, said.id]).toEqual([400, ''])
    expect(said.error).not.toBe('')
  })

  it('reads the body whatever its media type, null as default, and passes over what it does not know', async () => {
    const w = await opened()
    const body = { ...order, node_name: null, namespace: null, dry_run: null, ID: 'other', colour: 'red' }
    const { status, said } = await post(w, body, { 'content-type': 'text/plain' })
    expect([status, said.id, said.namespace]).toEqual([202, 'a-1', 'default'])
  })

  it('answers 202 with the address while the work goes on, and starts it once', async () => {
    const w = await opened()
    const { status, headers, said } = await post(w, { ...order, id: 'a b/1' })
    expect([status, headers.get('location')]).toEqual([202, '/actions/a%20b%2F1'])
    expect(said).toMatchObject({ state: 'accepted', node_pool: 'pool-a', cluster_id: id, identity: 'test-admin' })
    expect(w.started).toEqual(['failover'])
  })

  it('gives the same record for the same id and content, and refuses other content', async () => {
    const w = await opened()
    const first = await post(w, order)
    const again = await post(w, order)
    expect([again.status, again.said]).toEqual([202, first.said])
    expect(w.started).toHaveLength(1)
    const other = await post(w, { ...order, reason: 'another' })
    expect([other.status, other.said.code, other.said.id]).toEqual([409, 'action.id_reused', 'a-1'])
  })

  it('starts one of many that come at once under one id', async () => {
    const w = await opened()
    const replies = await Promise.all(Array.from({ length: 20 }, () => post(w, order)))
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 202))
    expect(new Set(replies.map(({ said }) => said.task_id)).size).toBe(1)
    expect(w.started).toHaveLength(1)
  })

  it('lets one action at a time hold a pool, and one a JobSet', async () => {
    const w = await opened()
    jobSetOn(w.pool)
    const replies = await Promise.all(['a', 'b', 'c'].map((one) => post(w, { ...order, id: one })))
    expect(replies.map(({ status }) => status).sort()).toEqual([202, 409, 409])
    const restart = { ...order, type: 'cordon_nodepool_and_restart_jobset', jobset_name }
    expect((await post(w, { ...restart, id: 'd' })).said.code).toBe('action.in_flight')
    expect((await post(w, { ...restart, id: 'e', node_pool: null })).status).toBe(202)
    expect((await post(w, { ...restart, id: 'f', node_pool: null })).said.code).toBe('action.in_flight')
  })

  it('tries anew what was refused, under the same id', async () => {
    const w = await opened()
    w.pool.seen = { expected_nodes: { count: 3 } }
    const strict = { ...order, preflight_checks: { expected_node_counts: true } }
    const refused = await post(w, strict)
    expect([refused.status, refused.said.code]).toEqual([412, 'action.preflight_failed'])
    expect(refused.said.details?.checks).toMatchObject([
      { name: 'expected_node_counts', detail: '3 nodes are expected, 2 are there' },
    ])
    w.pool.seen = {}
    expect((await post(w, strict)).status).toBe(202)
    expect(w.started).toHaveLength(1)
  })

  it.each([
    ['node', { node_pool: null, node_name: 'nobody' }, 'node.not_found'],
    ['pool', { node_pool: 'pool-z' }, 'pool.not_found'],
    ['JobSet', { jobset_name: 'nobody' }, 'jobset.not_found'],
    ['cluster', { cluster_id: 'east-1' }, 'cluster.not_found'],
  ])('tells at once that there is no such %s', async (_, more, code) => {
    const w = await opened()
    const before = w.snapshot()
    const { status, said } = await post(w, { ...order, ...more })
    expect([status, said.code, said.id]).toEqual([404, code, 'a-1'])
    expect(w.snapshot()).toEqual(before)
  })

  it('asks for the cluster where several have failover, and takes the only one', async () => {
    const w = await opened()
    const east = 'east-1' as ClusterId
    await w.ports.clusters.create(Cluster.parse({ id: east, regionId: 'eu', nodes: { count: 0 } }))
    expect((await post(w, { ...order, dry_run: true })).status).toBe(200)
    const without = await post(w, { ...order, id: 'a-2', cluster_id: east })
    expect([without.status, without.said.code]).toEqual([409, 'cluster.no_controller'])
    await enrolController(w.ports.clusters, east)
    const { status, said } = await post(w, { ...order, id: 'a-3' })
    expect([status, said.code]).toEqual([400, 'action.cluster_required'])
    expect(said.error).toContain('east-1, west-1')
  })

  it('shows the whole plan in a dry run, records its event, and changes nothing', async () => {
    const w = await opened()
    jobSetOn(w.pool)
    const { status, said } = await post(w, {
      ...{ ...order, type: 'cordon_nodepool_and_restart_jobset', jobset_name, dry_run: true },
    })
    expect(status).toBe(200)
    expect(said).toMatchObject({ state: 'succeeded', dry_run: true, task_id: null, plan: { pool: 'pool-a' } })
    expect(said).toMatchObject({
      nodes: [{ name: 'n1', uid: 'uid-n1', after: null }, { name: 'n2' }],
      next_cursor: null,
    })
    expect(said.plan.pods).toHaveLength(2)
    expect(said.checks.map(({ name, ok }) => [name, ok])).toContainEqual(['policies', true])
    expect(w.pool.events).toMatchObject([{ kind: 'JobSet', reason: 'DryRunFailoverActionTriggered' }])
    expect(w.pool.nodes.some(({ unschedulable }) => unschedulable)).toBe(false)
    expect(w.started).toEqual([])
    const read = await appOf(readFailover, w.ports).request('/actions/a-1')
    const { data } = (await read.json()) as { data: { nodes: { name: string; uid: string; provider_id: string }[] } }
    expect(data.nodes).toMatchObject([
      { name: 'n1', uid: 'uid-n1', provider_id: 'gce://p/z/n1', after: null },
      { name: 'n2', uid: 'uid-n2' },
    ])
  })

  it('refuses a restart that cannot work, with the reason', async () => {
    const w = await opened()
    jobSetOn(w.pool).blockers = ['backoffLimit of Job workers is 6: the pod would only be replaced']
    const { status, said } = await post(w, { ...order, type: 'cordon_nodepool_and_restart_jobset', jobset_name })
    expect([status, said.code]).toEqual([412, 'action.preflight_failed'])
    expect(said.error).toContain('backoffLimit of Job workers is 6')
    const list = await appOf(listFailovers, w.ports).request('/actions?state=refused')
    expect(((await list.json()) as { data: unknown[] }).data).toMatchObject([
      { id: 'a-1', code: 'action.preflight_failed' },
    ])
  })

  it('only warns of a control-plane node when a person cordons', async () => {
    const w = await opened()
    w.pool.add('n3', { is_control_plane: true })
    const { status, said } = await post(w, order)
    expect(status).toBe(202)
    expect(said.checks).toContainEqual({
      ...{ name: 'control_plane', severity: 'warn', ok: false },
      detail: 'control-plane nodes: n3',
    })
  })

  it('lets policies see the plan, narrow it and refuse it', async () => {
    const narrow: Script = (input) => {
      const plan = input.plan as unknown as { nodes: { name: string }[] }
      const nodes = plan.nodes.filter(({ name }) => name === 'n2')
      return { input: { ...input, plan: { ...plan, nodes } as unknown as JsonObject } }
    }
    const w = await opened({ failover_action: narrow })
    expect((await post(w, order)).status).toBe(202)
    expect(w.asked[0]).toMatchObject({
      action: 'failover_action',
      input: { action: { id: 'a-1' }, plan: { pool: 'pool-a' } },
    })
    const read = (await (await appOf(readFailover, w.ports).request('/actions/a-1')).json()) as {
      data: { nodes: { name: string }[] }
    }
    expect(read.data.nodes.map(({ name }) => name)).toEqual(['n2'])

    const denied = await opened({ failover_action: () => ({ denied: 'not today' }) })
    const { status, said } = await post(denied, order)
    expect([status, said.code, said.id]).toEqual([403, 'pre_check.denied', 'a-1'])
    expect(denied.started).toEqual([])
  })

  it.each([
    ['a node that was not in the plan', { nodes: [{ name: 'n9', uid: 'u', provider_id: null }] }],
    ['another pool', { pool: 'pool-z' }],
    ['no plan', null],
  ])('refuses a policy that returns %s', async (_, change) => {
    const script: Script = (input) => ({
      input: { ...input, plan: change && { ...(input.plan as JsonObject), ...change } },
    })
    const { status, said } = await post(await opened({ failover_action: script }), order)
    expect([status, said.code]).toEqual([502, 'policy.bad_verdict'])
  })

  it('answers a client that waits once the action is over', async () => {
    const w = await opened()
    const late = post(w, order, { prefer: 'wait=5' })
    await expect.poll(() => w.started.length).toBe(1)
    const action = await w.ports.actions.find(order.id as never)
    if (action) await w.ports.actions.replace({ ...action, record: { ...action.record, state: 'succeeded' } })
    const { status, said } = await late
    expect([status, said.state]).toEqual([200, 'succeeded'])
  })
})

describe('the label that names pools', () => {
  it('stays while an action holds one', async () => {
    const w = await opened()
    await post(w, order)
    const change = () => call(w, changeSettings, `/clusters/${id}/failover`, { pool_label: 'team/pool' })
    expect(await change()).toMatchObject({ status: 409, body: { code: 'action.in_flight' } })
    expect((await call(w, changeSettings, `/clusters/${id}/failover`, { mode: 'off' })).status).toBe(200)
  })
})
