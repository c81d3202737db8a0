import { describe, expect, it } from 'vitest'
import { manualClock } from '../clock.ts'
import { createMachines, startRun } from './crash-driver.ts'
import { type ExecutionStatusChange, openStepFunctions } from './open-step-functions.ts'
import { accountId, region, scriptedIntegrations } from './test-world.ts'

const machine = {
  QueryLanguage: 'JSONata',
  StartAt: 'F',
  States: { F: { Type: 'Fail', Error: 'E', Cause: 'c' } },
}

function openWith(onStatusChange: (change: ExecutionStatusChange) => unknown) {
  const clock = manualClock()
  const calls: { name: string; payload: null }[] = []
  const integrations = scriptedIntegrations(() => ({}), calls)
  const service = openStepFunctions({ file: ':memory:', clock, region, accountId, integrations, onStatusChange })
  return { service, clock, calls, changes: [] }
}

describe('status changes', () => {
  it('tell of the start and of the end, in this order, with the fields of the EventBridge event', async () => {
    const seen: ExecutionStatusChange[] = []
    const life = openWith((change) => seen.push(change))
    await createMachines(life, { main: machine })
    await startRun(life, 'main', { a: 1 })
    await life.clock.advance(0)

    expect(seen.map(({ status }) => status)).toEqual(['RUNNING', 'FAILED'])
    expect(seen[0]).toMatchObject({ stopDate: null, output: null, error: null, input: '{"a":1}', name: 'run' })
    expect(seen[1]).toMatchObject({ stopDate: life.clock.now(), error: 'E', cause: 'c', redriveStatus: 'REDRIVABLE' })
    life.service.close()
  })

  it('come again until they are taken, and keep their order', async () => {
    const seen: string[] = []
    let refusals = 2
    const life = openWith(async ({ status }) => {
      if (refusals-- > 0) throw new Error('not now')
      seen.push(status)
    })
    await createMachines(life, { main: machine })
    await startRun(life, 'main', null)
    await life.clock.advance(0)
    expect(seen).toEqual([])
    await life.clock.advance(5_000)
    expect(seen).toEqual(['RUNNING', 'FAILED'])
    life.service.close()
  })
})
