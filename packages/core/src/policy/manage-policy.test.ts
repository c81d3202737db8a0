import { describe, expect, it } from 'vitest'
import { addCluster, guard, policyWorld, publish } from '../../../../test/policy-world.ts'
import { admin } from '../../../../test/world.ts'
import { managePolicy } from './manage-policy.ts'
import { preCheck } from './pre-check.ts'

const command = { level: 'network', action: 'add_node', cluster: null, command: 'limit', data: { to: 3 } } as const

describe('managePolicy', () => {
  it('reaches the context that the next pre-check of that action sees', async () => {
    const w = policyWorld()
    await guard(w, { add_node: await publish(w, 'count') })
    const check = (): Promise<unknown> =>
      preCheck(w.ports, { action: 'add_node', cluster: null, caller: admin, requestId: null, input: {} })
    expect(await managePolicy(w.ports, command)).toEqual({ now: 3 })
    for (let run = 1; run <= 3; run++) await check()
    await expect(check()).rejects.toThrow('run 4 is too many')
  })

  it("reaches the policy of a cluster's own map", async () => {
    const w = policyWorld()
    const { cluster } = await addCluster(w, 'west-1', { add_node: await publish(w, 'count') })
    expect(await managePolicy(w.ports, { ...command, level: 'cluster', cluster })).toEqual({ now: 3 })
  })

  it('says so when nothing guards the action, or the policy takes no commands', async () => {
    const w = policyWorld()
    await expect(managePolicy(w.ports, command)).rejects.toMatchObject({ code: 'policy.not_found', status: 404 })
    await guard(w, { add_node: await publish(w, 'admit') })
    await expect(managePolicy(w.ports, command)).rejects.toMatchObject({ code: 'policy.bad_verdict' })
    expect(w.snapshot().filter(({ pk }) => pk.startsWith('CONTEXT'))).toEqual([])
  })
})
