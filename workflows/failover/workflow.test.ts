import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cancelAction } from '@gridgate/core/action/cancel-action'
import type { ActionBody } from '@gridgate/core/action/parse-order'
import { GridError } from '@gridgate/core/errors'
import { buryTask } from '@gridgate/core/task/close-task'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ScriptedPool } from '../../test/scripted-pool.ts'
import { caller, clusterId, type InfraWorld } from '../create-cluster-infra/test/infra-world.ts'
import { asker, type FailoverRoom, failoverRoom } from './test/failover-room.ts'

const definition = JSON.parse(readFileSync(join(import.meta.dirname, 'workflow.asl.json'), 'utf8')) as {
  States: Record<string, { Type: string }>
}
const repairing = ['InspectInstance', 'DrainNode', 'RepairNode', 'ReconcileRepair', 'VerifyRepair']
const states = Object.entries(definition.States).flatMap(([name, { Type }]) =>
  Type === 'Task' && !repairing.includes(name) ? [name] : [],
)
const camel = (state: string): string => state.replace(/^./, (letter) => letter.toLowerCase())

let room: FailoverRoom
let w: InfraWorld
let pool: ScriptedPool

beforeEach(async () => {
  room = await failoverRoom()
  ;({ w, pool } = room)
})
afterEach(() => w.close())

const cordon = { requestor: 'me', reason: 'slow', type: 'cordon_nodepool', node_pool: 'pool-a' } as ActionBody
const restart = { ...cordon, type: 'cordon_nodepool_and_restart_jobset', jobset_name: 'train' } as ActionBody

describe('failover', () => {
  it('cordons a pool under its mark, tells each node before and after, and says so in Kubernetes', async () => {
    const ended = await room.run(cordon)
    expect(ended).toMatchObject({ state: 'succeeded', type: 'cordon_nodepool', cluster_id: clusterId })
    expect(ended.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
      ...['Preflight succeeded', 'Announce succeeded', 'CordonPool succeeded'],
    ])
    expect(room.marks()).toEqual([ended.task_id, ended.task_id, ended.task_id])
    expect(ended.nodes).toMatchObject([
      {
        ...{ name: 'n1', uid: 'uid-n1', before: { unschedulable: false } },
        after: { unschedulable: true, cordoned_by: ended.task_id },
      },
      { name: 'n2' },
      { name: 'n3' },
    ])
    const said = pool.events.map(({ kind, name, reason }) => `${kind} ${name} ${reason}`)
    const onNodes = (reason: string): string[] => ['n1', 'n2', 'n3'].map((name) => `Node ${name} ${reason}`)
    expect(said).toEqual([
      'Node n1 FailoverActionTriggered',
      ...onNodes('FailoverStarted'),
      ...onNodes('FailoverSucceeded'),
    ])
    expect(pool.events[1]).toMatchObject({ message: 'cordon_nodepool, action action-1 by tester begins: slow' })
    expect(await room.holders()).toEqual([null, null])
  })

  it('restarts the JobSet and waits for its proof', async () => {
    const ended = await room.run(restart)
    expect(ended).toMatchObject({ state: 'succeeded' })
    expect(ended.steps.at(-1)).toMatchObject({ name: 'ProveRestarted', detail: '1 restarts; 0 of 2 pods are ready' })
    expect(pool.jobset).toMatchObject({ restarts: 1, leaders: [] })
    const said = pool.events.flatMap(({ kind, reason }) => (kind === 'JobSet' ? [reason] : []))
    expect(said).toEqual(['FailoverActionTriggered', 'FailoverStarted', 'FailoverSucceeded'])
    expect(w.ran).toEqual([
      ...['preflight', 'announce', 'cordonPool', 'restartJobSet', 'proveRestarted', 'completeTask'],
    ])
  })

  it('restarts one leader and cordons nothing where only a JobSet is named', async () => {
    expect(await room.run({ ...restart, node_pool: null })).toMatchObject({ state: 'succeeded', nodes: [] })
    expect(pool.jobset?.leaders).toHaveLength(2)
    expect(w.ran).not.toContain('cordonPool')
  })

  it('waits for a budget that holds a leader', async () => {
    const [leader] = pool.jobset?.leaders ?? []
    pool.heldPods.add(leader?.name ?? '')
    let asked = 0
    w.beforeStep = (name) => {
      if (name === 'restartJobSet' && ++asked === 3) pool.heldPods.clear()
    }
    expect(await room.run(restart)).toMatchObject({ state: 'succeeded' })
    expect(asked).toBeGreaterThanOrEqual(3)
  })

  it.each([
    ['a budget holds the leaders', 'action.evictions_blocked', { heldPods: new Set(['train-workers-0-0-abc']) }],
    ['the JobSet does not restart', 'action.not_restarted', { restarts: false }],
  ])('ends timed out when %s, and names what stays cordoned', async (_, code, given) => {
    Object.assign(pool, given)
    const ended = await room.run(restart)
    expect(ended).toMatchObject({ state: 'timed_out', code })
    expect(pool.events.at(-1)).toMatchObject({ type: 'Warning', reason: 'FailoverTimedOut' })
    expect(ended.left_behind).toEqual([expect.stringContaining(`gridgate.io/cordoned-by=${ended.task_id}`)])
    expect(room.marks()).toEqual([ended.task_id, ended.task_id, ended.task_id])
    expect(await room.holders()).toEqual([null, null])
  })

  it("leaves a person's cordon as it is, before and after", async () => {
    Object.assign(pool.nodes[1] ?? {}, { unschedulable: true })
    const ended = await room.run(cordon)
    expect(ended.nodes[1]).toMatchObject({ after: { unschedulable: true, cordoned_by: null } })
    await room.run({ ...cordon, type: 'uncordon_nodepool' })
    expect(room.marks()).toEqual(['schedulable', null, 'schedulable'])
  })

  it('frees the nodes of earlier actions, each under its mark', async () => {
    await room.run(cordon)
    pool.add('n4', { unschedulable: true, cordoned_by: 'another-task' })
    const ended = await room.run({ ...cordon, type: 'uncordon_nodepool' })
    expect(ended).toMatchObject({ state: 'succeeded', steps: [{}, {}, { detail: '4 uncordoned' }] })
    expect(room.marks()).toEqual(['schedulable', 'schedulable', 'schedulable', 'schedulable'])
  })

  it('stops before anything is done when a node of the plan was replaced meanwhile', async () => {
    w.beforeStep = (name) => {
      if (name === 'preflight') Object.assign(pool.nodes[0] ?? {}, { uid: 'another' })
    }
    expect(await room.run(cordon)).toMatchObject({ state: 'failed', code: 'action.preflight_failed', left_behind: [] })
    expect(room.marks()).toEqual(['schedulable', 'schedulable', 'schedulable'])
  })

  it('stops for a freeze and a check that came meanwhile, unless a network admin forces it', async () => {
    const freeze = { reason: 'maintenance', until: new Date(w.ports.clock.now().getTime() + 86_400_000).toISOString() }
    w.beforeStep = async (name) => {
      if (name !== 'preflight') return
      pool.seen = { expected_nodes: { count: 9 } }
      await room.change({ freeze })
    }
    const forced = { ...cordon, force: true, preflight_checks: { expected_node_counts: true } }
    const manager = { ...caller, role: 'cluster-manager' as const }
    expect(await room.run(forced, { ...asker, caller: manager })).toMatchObject({
      state: 'failed',
      code: 'failover.frozen',
    })
    expect(room.marks()).toEqual(['schedulable', 'schedulable', 'schedulable'])
    w.beforeStep = () => {}
    expect(await room.run(forced)).toMatchObject({ state: 'succeeded' })
  })

  it('asks again for nodes that the controller did not come to in its time', async () => {
    const { call } = pool
    let asked = 0
    pool.call = async (stored, order) => {
      if (!order.path.endsWith('/cordon') || ++asked > 1) return call(stored, order)
      const nodes = (order.body?.nodes as { name: string; uid: string }[]).map((node) => ({
        ...{ ...node, outcome: 'failed', unschedulable: false, cordoned_by: null, detail: 'not reached in time' },
      }))
      return { nodes } as never
    }
    expect(await room.run(cordon)).toMatchObject({ state: 'succeeded' })
    expect(asked).toBe(2)
  })

  it('spaces actions of one type on one pool by the cooldown', async () => {
    await room.change({ budgets: { explicit: { cooldown_seconds: 1 } } })
    expect(await room.run(cordon)).toMatchObject({ state: 'succeeded' })
    await expect(room.start(cordon)).rejects.toMatchObject({
      ...{ code: 'budget.exhausted', status: 429, retryAfterSeconds: 1 },
      message: expect.stringContaining('explicit.cooldown_seconds'),
    })
    await w.clock.advance(1100)
    expect(await room.run(cordon)).toMatchObject({ state: 'succeeded' })
  })

  it('takes back a cordon that was only half done', async () => {
    const { call } = pool
    pool.call = async (stored, asked) => {
      const said = (await call(stored, asked)) as { nodes: { unschedulable: boolean; outcome: string }[] }
      if (!asked.path.endsWith('/cordon')) return said as never
      const [first, ...others] = said.nodes
      Object.assign(pool.nodes[0] ?? {}, { unschedulable: false, cordoned_by: null })
      return { nodes: [{ ...first, unschedulable: false, outcome: 'failed' }, ...others] } as never
    }
    expect(await room.run(cordon)).toMatchObject({ state: 'failed', code: 'action.cordon_incomplete', left_behind: [] })
    expect(room.marks()).toEqual(['schedulable', 'schedulable', 'schedulable'])
  })

  it.each(
    states.slice(2, states.indexOf('ProveRestarted') + 1),
  )('cancelled before %s, takes back its cordons only', async (state) => {
    const action = await room.start(restart)
    w.beforeStep = async (name) => {
      if (name === camel(state)) await cancelAction(w.ports, action.record.id, caller)
    }
    expect(await room.finish(action)).toMatchObject({ state: 'cancelled', left_behind: [] })
    expect(room.marks()).toEqual(['schedulable', 'schedulable', 'schedulable'])
    expect(await room.holders()).toEqual([null, null])
  })

  it.each(states.slice(0, states.indexOf('CompleteTask')))('ends as failed when %s fails for good', async (state) => {
    const body = state === 'UncordonPool' ? ({ ...cordon, type: 'uncordon_nodepool' } as ActionBody) : restart
    w.beforeStep = (name) => {
      if (name === camel(state)) throw new GridError('kube.forbidden', 'not allowed')
    }
    const ended = await room.run(body)
    expect(ended).toMatchObject({ state: 'failed', code: 'kube.forbidden', error: 'not allowed' })
    expect(await room.holders()).toEqual([null, null])
    const isCordoned = room.marks().some((mark) => mark !== 'schedulable')
    expect(ended.left_behind?.length).toBe(isCordoned ? 1 : 0)
  })

  it('has no second effect when a step runs again after it succeeded', async () => {
    const once = new Set<string>()
    w.afterStep = (name) => {
      if (once.has(name) || name === 'completeTask') return
      once.add(name)
      throw new GridError('kube.unreachable', 'the answer was lost')
    }
    const ended = await room.run(restart)
    expect(ended).toMatchObject({ state: 'succeeded' })
    expect(once.size).toBeGreaterThan(4)
    expect(pool.jobset?.restarts).toBe(1)
    expect(room.marks()).toEqual([ended.task_id, ended.task_id, ended.task_id])
  })

  it('ends the action whose work has died, and says what it left', async () => {
    const action = await room.start(cordon)
    w.beforeStep = async (name) => {
      if (name !== 'completeTask') return
      const stored = await w.ports.tasks.find(action.record.task_id as never)
      if (stored) await buryTask(w.ports, stored, 'aborted')
    }
    const ended = await room.finish(action)
    expect(ended).toMatchObject({ state: 'failed', code: 'task.lost' })
    expect(ended.left_behind).toHaveLength(1)
  })
})
