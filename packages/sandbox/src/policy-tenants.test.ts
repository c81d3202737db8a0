import { afterAll, describe, expect, it } from 'vitest'
import { manualTimers } from '../test/manual-timers.ts'
import { admit, policyWith, requestOf } from '../test/policy-source.ts'
import { limits } from './limits.ts'
import { openPolicySandbox } from './policy-sandbox.ts'

const timers = manualTimers()
const sandbox = openPolicySandbox({ processesMax: 2, interpretersMax: 1, evaluateMsMax: 10_000, timers })
afterAll(() => sandbox.close())
const decide = (tenant: string, ...lines: string[]) => sandbox.evaluate(requestOf(policyWith(...lines), { tenant }))
/** The process of a tenant, which must be there: number 0 would name this test's own process group. */
function processOf(tenant: string): number {
  const id = sandbox.stats().processes[tenant]
  if (!id) throw new Error(`${tenant} has no process`)
  return id
}
const isRunning = (id: number): boolean => {
  try {
    return process.kill(id, 0)
  } catch {
    return false
  }
}

describe('tenants', () => {
  it('never share a process, and one more than fit takes the place of the one unused longest', async () => {
    await decide('network', admit)
    await decide('west-1', admit)
    const before = sandbox.stats().processes
    expect(Object.keys(before)).toEqual(['network', 'west-1'])
    expect(before.network).not.toBe(before['west-1'])

    await decide('east-1', admit)
    const after = sandbox.stats().processes
    expect(Object.keys(after)).toEqual(['west-1', 'east-1'])
    expect(Object.values(before)).not.toContain(after['east-1'])
  })

  it('that never stop calling leave room for another, and go on behind it', async () => {
    const noisy = openPolicySandbox({ processesMax: 2, interpretersMax: 1, evaluateMsMax: 10_000, timers })
    const ask = (tenant: string) => noisy.evaluate(requestOf(policyWith(admit), { tenant }))
    let isOver = false
    const callers = ['west-1', 'west-1', 'east-1', 'east-1'].map(async (tenant) => {
      let answered = 0
      while (!isOver) if ((await ask(tenant)).ok) answered++
      return answered
    })
    await Promise.all(['west-1', 'east-1'].map(ask))
    const quiet = ask('network')
    timers.advance(limits.turnMsMax)
    expect(await quiet).toMatchObject({ ok: true, allowed: true })
    isOver = true
    for (const answered of await Promise.all(callers)) expect(answered).toBeGreaterThan(0)
    await noisy.close()
  })

  it('go on with a new process when theirs is killed with a call in it', async () => {
    await decide('east-1', admit)
    const victim = processOf('east-1')
    const call = decide('east-1', 'while True: pass')
    process.kill(victim, 'SIGKILL')
    expect(await call).toMatchObject({ ok: false, code: expect.stringMatching(/policy\.(crashed|unavailable)/) })
    expect(await decide('east-1', admit)).toMatchObject({ ok: true })
    expect(processOf('east-1')).not.toBe(victim)
  })

  it('lose their process after a minute without a call, and get another', async () => {
    await decide('east-1', admit)
    const id = processOf('east-1')
    timers.advance(60_000)
    expect(sandbox.stats().processes).toEqual({})
    await expect.poll(() => isRunning(id)).toBe(false)
    expect(await decide('east-1', admit)).toMatchObject({ ok: true })
  })

  it('leave no process behind when the sandbox is closed, and get no verdict then', async () => {
    const closing = openPolicySandbox({ interpretersMax: 1 })
    const call = closing.evaluate(requestOf(policyWith(admit)))
    await call
    const ids = Object.values(closing.stats().processes)
    await closing.close()
    await expect.poll(() => ids.some(isRunning)).toBe(false)
    expect(await closing.evaluate(requestOf(policyWith(admit)))).toMatchObject({ code: 'policy.unavailable' })
  })
})
