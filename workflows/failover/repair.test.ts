import { cancelAction } from '@gridgate/core/action/cancel-action'
import { GridError } from '@gridgate/core/errors'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Scripted } from '../../test/scripted-instances.ts'
import { caller } from '../create-cluster-infra/test/infra-world.ts'
import { byLadder, type FailoverRoom, repair, repairRoom } from './test/failover-room.ts'

let room: FailoverRoom

beforeEach(async () => {
  room = await repairRoom()
})
afterEach(() => room.w.close())

const stepsOf = ({ steps }: { steps: { name: string; status: string }[] }) =>
  steps.map(({ name, status }) => `${name} ${status}`)
const throttled = new GridError('provider.throttled', 'slow down')
const refused = new GridError('provider.refused', 'quota')

describe('repairing a pool', () => {
  it('empties the node, has its instance replaced once, and waits until another is well', async () => {
    room.pool.pods.set('n2', ['work-1', 'work-2'])
    const ended = await room.run(repair)
    expect(ended).toMatchObject({ state: 'succeeded' })
    expect(stepsOf(ended)).toEqual([
      ...['Preflight succeeded', 'Announce succeeded', 'InspectInstance succeeded', 'CordonPool succeeded'],
      ...['DrainNode succeeded', 'RepairReplacement succeeded', 'VerifyReplacement succeeded'],
    ])
    expect(room.instances.done).toEqual(['replace i-n2'])
    const verified = ended.steps.at(-1)
    expect(verified?.detail).toContain('n2 has gone or booted; 1 of 1 nodes ready with 8 accelerators; 3 of 3 nodes')
    const { started_at, ended_at } = verified ?? {}
    expect(Date.parse(ended_at ?? '') - Date.parse(started_at ?? '')).toBeGreaterThanOrEqual(60_000)
    expect(await room.holders()).toEqual([null, null])
  })

  it('keeps its cordons, also on the node that came, unless it is asked to take them back', async () => {
    const kept = await room.run(repair)
    expect(room.marks()).toEqual([kept.task_id, kept.task_id, kept.task_id])
    expect(kept.nodes).toContainEqual(
      expect.objectContaining({ name: 'n2-new', after: expect.objectContaining({ cordoned_by: kept.task_id }) }),
    )
  })

  it('opens what it closed, and nothing else, where that is asked for', async () => {
    Object.assign(room.pool.nodes[0] ?? {}, { unschedulable: true })
    const ended = await room.run({ ...repair, uncordon_when_verified: true })
    expect(ended).toMatchObject({ state: 'succeeded' })
    expect(stepsOf(ended).at(-1)).toBe('UncordonPool succeeded')
    expect(room.marks()).toEqual([null, 'schedulable', 'schedulable'])
  })

  it('leaves a node open that a person opened while it was not verified', async () => {
    room.instances.comesBack = false
    let looks = 0
    room.w.beforeStep = (name) => {
      if (name !== 'verifyRepair') return
      if (++looks === 2) room.pool.add('n4', { created_at: room.w.ports.clock.now().toISOString() })
      if (looks === 4) Object.assign(room.pool.nodes.at(-1) ?? {}, { unschedulable: false, cordoned_by: null })
    }
    expect(await room.run(repair)).toMatchObject({ state: 'timed_out', code: 'action.not_verified' })
    expect(room.marks().at(-1)).toBe('schedulable')
  })

  it('repair_nodepool closes and empties nothing', async () => {
    room.pool.pods.set('n2', ['work-1'])
    const ended = await room.run({ ...repair, type: 'repair_nodepool' })
    expect(ended).toMatchObject({ state: 'succeeded' })
    expect(room.pool.calls).not.toContain('drain')
    expect(room.marks()).toEqual(['schedulable', 'schedulable', 'schedulable'])
  })

  it('waits for all nodes of a slice that comes and goes whole', async () => {
    room.pool.seen = { is_atomic: true }
    let looks = 0
    room.w.beforeStep = (name) => {
      if (name !== 'verifyRepair') return
      Object.assign(room.pool.nodes[0] ?? {}, { ready: ++looks > 5 })
    }
    expect(await room.run(repair)).toMatchObject({ state: 'succeeded' })
    expect(looks).toBeGreaterThan(5)
  })

  it('wants the accelerators that the other nodes of the pool have, not those that were left', async () => {
    Object.assign(room.pool.nodes[1] ?? {}, { accelerators: 3, faults: [{ type: 'GpuLost', reason: 'Xid79' }] })
    room.w.beforeStep = (name) => {
      if (name === 'verifyRepair') Object.assign(room.pool.nodes.at(-1) ?? {}, { accelerators: 7 })
    }
    expect(await room.run(repair)).toMatchObject({ state: 'timed_out', code: 'action.not_verified' })
  })

  it('counts a repair only as verified when it stays well', async () => {
    let looks = 0
    room.w.beforeStep = (name) => {
      if (name !== 'verifyRepair') return
      Object.assign(room.pool.nodes.at(-1) ?? {}, { ready: ++looks !== 3 })
    }
    expect(await room.run(repair)).toMatchObject({ state: 'succeeded' })
    expect(looks).toBeGreaterThanOrEqual(6)
  })

  it('is refused before anything is done where no provider may repair the node', async () => {
    for (const [project, why] of [
      ['other', 'the project other is not in the allow list of the cluster'],
      ['p-1', 'the failover settings of the cluster have no provider gce'],
    ]) {
      for (const node of room.pool.nodes) node.provider_id = `gce://${project}/z-1/${node.name}`
      if (project === 'p-1') await room.change({ providers: [] })
      await expect(room.start(repair)).rejects.toMatchObject({
        code: 'action.preflight_failed',
        message: expect.stringContaining(why ?? ''),
      })
    }
    expect(room.instances.done).toEqual([])
  })

  it('asks the controller of the cluster where its machines are Karpenter objects', async () => {
    await room.change({ providers: [{ kind: 'karpenter', allow: ['gpu'] }] })
    expect(await room.run(repair)).toMatchObject({ state: 'succeeded' })
    expect(room.pool.calls.filter((called) => called === 'describe' || called === 'replace')).toEqual([
      ...['describe', 'replace'],
    ])
    expect(room.instances.done).toEqual(['replace i-n2'])
  })

  it('stops when budgets hold the pods of the node too long, names them, and repairs nothing', async () => {
    room.pool.pods.set('n2', ['work-1'])
    room.pool.heldPods.add('work-1')
    const ended = await room.run(repair)
    expect(ended).toMatchObject({ state: 'timed_out', code: 'action.drain_blocked' })
    expect(ended.error).toContain('default/work-1 (held by PodDisruptionBudget b)')
    expect(room.instances.done).toEqual([])
  })
})

describe('an order to a provider', () => {
  it.each<[string, Scripted[], object, number]>([
    ['was throttled', [throttled, throttled], { state: 'succeeded' }, 1],
    ['was carried out, but its answer lost', ['lost'], { state: 'succeeded' }, 1],
    ['was lost before it was carried out', ['dropped'], { state: 'succeeded' }, 1],
    ['is refused', [refused], { state: 'failed', code: 'provider.refused' }, 0],
    ['was lost twice', ['dropped', 'dropped'], { state: 'failed', code: 'provider.unclear' }, 0],
  ])('that %s has at most one effect', async (_, next, expected, times) => {
    room.instances.next = next
    const ended = await room.run(repair)
    expect(ended).toMatchObject(expected)
    expect(room.instances.done).toEqual(Array.from({ length: times }, () => 'replace i-n2'))
  })

  it('whose end is unknown is left to a person, and told', async () => {
    room.instances.next = ['dropped', 'dropped']
    const ended = await room.run(repair)
    expect(ended.error).toMatch(/whether the replace of node n2 was done is not known after 600 s/)
    expect(ended.left_behind).toContain('whether the replace of node n2 was done is not known; look at its provider')
  })

  it('is not sent again when it was accepted and that could not be kept', async () => {
    const { tasks } = room.w.ports
    const { replace } = tasks
    let failures = 1
    tasks.replace = async (task) => {
      if (room.instances.done.length > 0 && failures-- > 0)
        throw new GridError('service.unavailable', 'the table does not answer')
      return replace(task)
    }
    expect(await room.run(byLadder('reboot', 'replace'))).toMatchObject({ state: 'succeeded' })
    expect(failures).toBeLessThan(1)
    expect(room.instances.done).toEqual(['reboot i-n2'])
  })

  it('is not sent again when its step dies before or after it', async () => {
    for (const when of ['before', 'after'] as const) {
      const died = new Set<string>()
      const die = (name: string): void => {
        if (name !== 'repairNode' || died.has(name)) return
        died.add(name)
        throw new GridError('kube.unreachable', 'the step died')
      }
      Object.assign(
        room.w,
        when === 'before' ? { beforeStep: die, afterStep() {} } : { afterStep: die, beforeStep() {} },
      )
      room.instances.done = []
      // A second repair of the pool within the hour would be refused by its budget.
      await room.w.clock.advance(6 * 3_600_000)
      const [node] = room.pool.nodes
      expect(await room.run({ ...repair, node_name: node?.name })).toMatchObject({ state: 'succeeded' })
      expect(room.instances.done).toHaveLength(1)
    }
  })
})

describe('two repairs of one pool', () => {
  it('at the same time end one instance', async () => {
    const orders = ['n1', 'n2', 'n3'].map((node_name) => room.start({ ...repair, node_name }))
    const settled = await Promise.allSettled(orders)
    const begun = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))
    expect(begun).toHaveLength(1)
    expect(refused.every((code) => code === 'action.in_flight' || code === 'budget.exhausted')).toBe(true)
    for (const action of begun) expect(await room.finish(action)).toMatchObject({ state: 'succeeded' })
    expect(room.instances.done).toHaveLength(1)
  })

  it('one after the other within an hour are refused by name, and told when to come again', async () => {
    await room.run(repair)
    await expect(room.start({ ...repair, node_name: 'n1' })).rejects.toMatchObject({
      code: 'budget.exhausted',
      message: expect.stringContaining('explicit.repairs_per_pool'),
      retryAfterSeconds: expect.any(Number),
    })
  })
})

describe('an action that repairs', () => {
  it.each([
    'inspectInstance',
    'drainNode',
    'repairNode',
    'verifyRepair',
  ])('cancelled before %s takes back its cordons', async (step) => {
    const action = await room.start(repair)
    room.w.beforeStep = async (name) => {
      if (name === step) await cancelAction(room.w.ports, action.record.id, caller)
    }
    expect(await room.finish(action)).toMatchObject({ state: 'cancelled', left_behind: [] })
    expect(room.marks()).toEqual(['schedulable', 'schedulable', 'schedulable'])
    expect(room.instances.done).toHaveLength(step === 'verifyRepair' ? 1 : 0)
  })

  it.each([
    'inspectInstance',
    'drainNode',
    'repairNode',
    'verifyRepair',
  ])('ends as failed when %s fails for good', async (step) => {
    room.w.beforeStep = (name) => {
      if (name === step) throw new GridError('kube.forbidden', 'not allowed')
    }
    expect(await room.run(repair)).toMatchObject({ state: 'failed', code: 'kube.forbidden' })
    expect(await room.holders()).toEqual([null, null])
  })
})
