import type { ActionBody } from '@gridgate/core/action/parse-order'
import { GridError } from '@gridgate/core/errors'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { jobSetOn } from '../../test/scripted-pool.ts'
import { byLadder, type FailoverRoom, repair, repairRoom } from './test/failover-room.ts'

const refused = new GridError('provider.refused', 'quota')
let room: FailoverRoom

beforeEach(async () => {
  room = await repairRoom()
})
afterEach(() => room.w.close())

describe('a ladder', () => {
  it('is not gone on with once a step has helped', async () => {
    const ended = await room.run(byLadder('reboot', 'replace', 'human'))
    expect(ended).toMatchObject({ state: 'succeeded' })
    expect(room.instances.done).toEqual(['reboot i-n2'])
    expect(room.pool.nodes.map(({ name }) => name)).toEqual(['n1', 'n2', 'n3'])
  })

  it('goes on to the next step when one does not help, or is refused', async () => {
    room.instances.next = [refused]
    const ended = await room.run(byLadder('reboot', 'replace'))
    expect(ended).toMatchObject({ state: 'succeeded' })
    expect(ended.steps.find(({ name }) => name === 'RepairReboot')?.detail).toBe('quota; next: replace')
    expect(room.instances.done).toEqual(['replace i-n2'])
  })

  it('waits its time for each step, then asks a person', async () => {
    room.instances.comesBack = false
    const ended = await room.run(byLadder('reboot', 'human'))
    expect(ended).toMatchObject({ state: 'failed', code: 'action.needs_human' })
    expect(ended.error).toContain('no reboot is verified after 900 s')
    expect(room.instances.done).toEqual(['reboot i-n2'])
  })

  it('begins with the restart of the JobSet, and repairs only where that did not help', async () => {
    const restart = {
      ...byLadder('restart', 'reboot'),
      ...{ type: 'cordon_nodepool_and_restart_jobset', jobset_name: 'train' },
    } as ActionBody
    expect(await room.run(restart)).toMatchObject({ state: 'succeeded' })
    expect(room.instances.done).toEqual([])
    await room.w.clock.advance(86_400_000)
    room.pool.restarts = false
    jobSetOn(room.pool)
    expect(await room.run(restart)).toMatchObject({ state: 'succeeded' })
    expect(room.instances.done).toEqual(['reboot i-n2'])
  })

  it('counts each of its repairs as an attempt', async () => {
    await room.run(byLadder('reboot', 'replace'))
    await room.w.clock.advance(7_200_000)
    await expect(room.start(repair)).rejects.toMatchObject({
      code: 'budget.exhausted',
      message: expect.stringContaining('explicit.attempts_per_node'),
    })
  })
})
