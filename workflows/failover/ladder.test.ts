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

/** A reboot after which the machine is ready when it is said to be, and the looks at it, in seconds after the order. */
async function rebooted(isReady: (seen: { waited: number; looks: number }) => boolean) {
  const looks: number[] = []
  let ordered = 0
  room.w.beforeStep = (name) => {
    if (name === 'repairNode') ordered = room.w.clock.now()
    if (name !== 'verifyRepair') return
    looks.push((room.w.clock.now() - ordered) / 1000)
    const node = room.pool.nodes.find((one) => one.name === 'n2')
    Object.assign(node ?? {}, { ready: isReady({ waited: looks.at(-1) ?? 0, looks: looks.length }) })
  }
  return { action: await room.run(byLadder('reboot')), looks }
}

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

  it.each([
    { back: 50, verified: [60, 120] },
    { back: 70, verified: [80, 140] },
    { back: 301, verified: [320, 380] },
    { back: 840, verified: [840, 900] },
  ])('looks often at first, and sees a machine that is back after $back s stay well for a minute', async (seen) => {
    const ended = await rebooted(({ waited }) => waited >= seen.back)
    expect(ended).toMatchObject({ action: { state: 'succeeded' } })
    expect(ended.looks.filter((waited) => waited >= seen.back).at(0)).toBe(seen.verified[0])
    expect(ended.looks.at(-1)).toBe(seen.verified[1])
  })

  it('takes no machine that is back too late to stay well, and ends at its time', async () => {
    const ended = await rebooted(({ waited }) => waited > 840)
    expect(ended).toMatchObject({ action: { state: 'timed_out', code: 'action.not_verified' } })
    expect(ended.looks.at(-1)).toBe(900)
  })

  it('looks no oftener than its bound says at a machine that comes and goes', async () => {
    const ended = await rebooted(({ looks }) => looks % 2 === 0)
    expect(ended).toMatchObject({ action: { state: 'timed_out' } })
    expect(ended.looks.length).toBeLessThanOrEqual(21)
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
