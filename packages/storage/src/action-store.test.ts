import type { ActionNode, ActionRecord } from '@gridgate/core/action/action'
import type { ActionTask, StoredAction } from '@gridgate/core/action/action-store'
import { parseOrder } from '@gridgate/core/action/parse-order'
import { ClusterId } from '@gridgate/core/cluster/cluster'
import { newTask } from '@gridgate/core/task/start-task'
import { TaskId } from '@gridgate/core/task/task'
import { describe, expect, it } from 'vitest'
import { actionStore } from './action-store.ts'
import { describeOnEveryStore } from './contract.ts'
import type { Store } from './store.ts'
import { keys } from './table.ts'

const clusterId = ClusterId.parse('west-1')
const caller = { id: 'c', role: 'network-admin' as const, clusters: '*' as const }
const at = new Date(Date.UTC(2030, 0, 1))
const pool = { name: 'pool#pool-a', on: clusterId }

function newAction(id: string, record: Partial<ActionRecord> = {}): StoredAction {
  const body = { id, requestor: 'me', reason: 'slow', type: 'cordon_nodepool', node_pool: 'pool-a' }
  const order = parseOrder(body as never, () => id)
  const { preflight_checks: _, force: __, ladder: ___, uncordon_when_verified: ____, ...told } = order
  const plan = { pool: 'pool-a', pool_label: 'p', jobset: null, pods: [], instance: null }
  const made = {
    ...{ ...told, cluster_id: clusterId, state: 'accepted' as const, identity: 'c', plan, checks: [], task_id: null },
    ...{ created_at: at.toISOString(), updated_at: at.toISOString() },
  }
  return { record: { ...made, ...record }, order, isAutomatic: false, isForced: false, version: 1 }
}

const node = (name: string): ActionNode => ({
  ...{ name, uid: `uid-${name}`, provider_id: null, after: null },
  before: { unschedulable: false, cordoned_by: null, ready: true },
})

/** @param version of the histories that the verdict was made by */
function work(id: string, version = 0): ActionTask {
  const taskId = TaskId.parse(id)
  const given = { taskId, type: 'failover_action' as const, caller, clusterId, data: {}, locks: [pool] }
  const next = { cluster: { entries: [] }, network: { entries: [], accelerator_nodes: {} } }
  return {
    task: newTask({ ...given, workflow: 'failover', input: {} }, at),
    unless: [{ name: 'infra', on: clusterId }],
    spends: { next, versions: { cluster: version, network: version } },
  }
}

describeOnEveryStore('the action store', (open) => {
  async function opened() {
    const store = await open()
    await store.write({ put: { ...keys.cluster(clusterId), open: true } })
    return { store, actions: actionStore(store, { now: () => at }) }
  }
  const isHeld = async (store: Store): Promise<boolean> => (await store.get(keys.lock(pool.name, pool.on))) !== null

  describe('begins an action', () => {
    it('with its nodes, its task and the locks, or not at all', async () => {
      const { store, actions } = await opened()
      await actions.begin(newAction('a'), [node('n1'), node('n2')], work('t1'), null)
      const found = await actions.find(newAction('a').record.id)
      expect(found).toEqual(newAction('a'))
      expect([await isHeld(store), (await store.get(keys.task('t1'))) !== null]).toEqual([true, true])
      await expect(actions.begin(newAction('b'), [], work('t2', 1), null)).rejects.toMatchObject({
        code: 'task.running',
      })
      await expect(actions.begin(newAction('b'), [], work('t2'), null)).rejects.toMatchObject({
        code: 'budget.changed',
      })
      expect(await actions.find(newAction('b').record.id)).toBeNull()
      await expect(actions.begin(newAction('a'), [], null, null)).rejects.toMatchObject({ code: 'action.exists' })
    })

    it('not while the infrastructure is worked on, nor on a cluster that is gone', async () => {
      const { store, actions } = await opened()
      await store.write({ put: { ...keys.lock('infra', clusterId), task_id: 'i' } })
      await expect(actions.begin(newAction('a'), [], work('t1'), null)).rejects.toMatchObject({ code: 'task.running' })
      await store.write({ remove: keys.lock('infra', clusterId) }, { remove: keys.cluster(clusterId) })
      await expect(actions.begin(newAction('a'), [], work('t1'), null)).rejects.toMatchObject({
        code: 'cluster.not_found',
      })
      expect(await isHeld(store)).toBe(false)
    })

    it('once, of many that come at once', async () => {
      const { actions } = await opened()
      const all = Array.from({ length: 20 }, (_, index) => actions.begin(newAction('a'), [], work(`t${index}`), null))
      expect((await Promise.allSettled(all)).filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    })

    it('in the place of one that was refused, with other nodes', async () => {
      const { actions } = await opened()
      const refused = newAction('a', { state: 'refused' })
      await actions.begin(refused, [node('n1')], null, null)
      const next = { ...newAction('a', { created_at: new Date(at.getTime() + 1).toISOString() }), version: 2 }
      await actions.begin(next, [node('n2')], work('t1'), refused)
      expect((await actions.listNodes(next, { after: null, limit: 10 })).items).toEqual([node('n2')])
      await expect(actions.begin(next, [], null, refused)).rejects.toMatchObject({ code: 'action.exists' })
    })
  })

  it('writes an action only as the version that was read', async () => {
    const { actions } = await opened()
    await actions.begin(newAction('a'), [], null, null)
    expect(await actions.replace(newAction('a', { state: 'running' }))).toMatchObject({ version: 2 })
    expect(await actions.replace(newAction('a', { state: 'failed' }))).toBeNull()
    expect((await actions.find(newAction('a').record.id))?.record.state).toBe('running')
  })

  it('pages nodes by their names, and replaces single ones', async () => {
    const { actions } = await opened()
    const names = Array.from({ length: 60 }, (_, index) => `n${String(index).padStart(2, '0')}`)
    const action = newAction('a')
    await actions.begin(action, names.map(node), null, null)
    await actions.putNodes(action, [{ ...node('n59'), uid: 'other' }])
    const first = await actions.listNodes(action, { after: null, limit: 50 })
    const second = await actions.listNodes(action, { after: first.nextCursor, limit: 50 })
    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(names)
    expect([second.nextCursor, second.items.at(-1)?.uid]).toEqual([null, 'other'])
  })

  it('lists the newest first, by cluster, pool, type, state and time, page by page', async () => {
    const { actions } = await opened()
    for (const [index, id] of ['a', 'b', 'c', 'd'].entries())
      await actions.begin(newAction(id, { created_at: new Date(at.getTime() + index).toISOString() }), [], null, null)
    const ids = async (filter: object) =>
      (await actions.list({ clusters: '*', ...filter }, { after: null, limit: 10 })).items.map(
        ({ record }) => record.id,
      )
    const first = await actions.list({ clusters: [clusterId] }, { after: null, limit: 3 })
    expect(first.items.map(({ record }) => record.id)).toEqual(['d', 'c', 'b'])
    const rest = await actions.list({ clusters: '*' }, { after: first.nextCursor, limit: 3 })
    expect([rest.items.map(({ record }) => record.id), rest.nextCursor]).toEqual([['a'], null])
    expect(await ids({ since: new Date(at.getTime() + 2).toISOString() })).toEqual(['d', 'c'])
    expect(await ids({ clusters: ['east-1'] })).toEqual([])
    expect(await ids({ state: 'running' })).toEqual([])
    expect(await ids({ pool: 'pool-b' })).toEqual([])
  })
})
