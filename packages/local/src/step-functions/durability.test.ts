import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject } from '../aws/service.ts'
import { arnOf, createMachines, faultsOf, historyOf, openLife, runToEnd, startRun, tokensIn } from './crash-driver.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'step-functions-'))
  file = join(folder, 'store.sqlite')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const main = (state: JsonObject): Record<string, JsonObject> => ({
  main: { QueryLanguage: 'JSONata', StartAt: 'T', States: { T: { ...state, End: true } } },
})
const lambda = { Type: 'Task', Resource: 'arn:aws:lambda:eu-west-1:000000000000:function:f' }
const asking: JsonObject = {
  Type: 'Task',
  Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
  HeartbeatSeconds: 100,
  TimeoutSeconds: 1_000,
  Arguments: { QueueUrl: 'q', MessageBody: { token: '{% $states.context.Task.Token %}' } },
}
const arn = arnOf('main', 'run')

describe('a service that ends', () => {
  it('calls a function again whose answer it has not written, without writing its start again', async () => {
    const first = openLife({ file, functions: { f: [{ hang: true }] } })
    await createMachines(first, main(lambda))
    await startRun(first, 'main', 1)
    await first.clock.advance(0)
    expect(first.calls).toEqual([{ name: 'f', payload: 1 }])
    first.service.close()
    await expect(startRun(first, 'main', 2)).rejects.toMatchObject({ code: 'ServiceUnavailable' })

    const second = openLife({ file, functions: { f: [{ payload: 'late' }] } })
    second.service.resume()
    expect(await runToEnd(second, arn)).toMatchObject({ status: 'SUCCEEDED', output: '"late"' })
    expect(second.calls).toEqual([{ name: 'f', payload: 1 }])
    const events = await historyOf(second, arn)
    expect(faultsOf(events)).toEqual([])
    expect(events.filter(({ type }) => type === 'LambdaFunctionStarted')).toHaveLength(1)
    second.service.close()
  })

  it('takes a token that comes before it was told to resume', async () => {
    const first = openLife({ file, functions: {} })
    await createMachines(first, main(asking))
    await startRun(first, 'main', null)
    await first.clock.advance(0)
    const [taskToken = ''] = tokensIn(first)
    first.service.close()

    const second = openLife({ file, functions: {} })
    await second.service.call('SendTaskSuccess', { taskToken, output: '1' })
    second.service.resume()
    expect(await runToEnd(second, arn)).toMatchObject({ status: 'SUCCEEDED', output: '1' })
    expect(second.calls).toEqual([])
    second.service.close()
  })

  it('does not call a task timed out whose token comes while it closes', async () => {
    const first = openLife({ file, functions: {} })
    await createMachines(first, main(asking))
    await startRun(first, 'main', null)
    await first.clock.advance(0)
    const [taskToken = ''] = tokensIn(first)
    const sent = first.service.call('SendTaskSuccess', { taskToken, output: '1' })
    first.service.close()
    await expect(sent).rejects.toThrow('the service is closed')

    const second = openLife({ file, functions: {} })
    second.service.resume()
    expect(await runToEnd(second, arn, [taskToken])).toMatchObject({ status: 'SUCCEEDED' })
    second.service.close()
  })

  it('keeps the time-out and the heartbeat of a task as they were', async () => {
    const first = openLife({ file, functions: {} })
    await createMachines(first, main(asking))
    await startRun(first, 'main', null)
    await first.clock.advance(60_000)
    const [taskToken = ''] = tokensIn(first)
    await first.service.call('SendTaskHeartbeat', { taskToken })
    first.service.close()

    const second = openLife({ file, at: first.clock.now(), functions: {} })
    second.service.resume()
    await second.clock.advance(99_000)
    expect(await second.service.call('DescribeExecution', { executionArn: arn })).toMatchObject({ status: 'RUNNING' })
    await second.clock.advance(1_000)
    expect(await second.service.call('DescribeExecution', { executionArn: arn })).toMatchObject({
      status: 'FAILED',
      error: 'States.Timeout',
    })
    second.service.close()
  })

  it('forgets executions 90 days after their end', async () => {
    const first = openLife({ file, functions: { f: [{ payload: 1 }] } })
    await createMachines(first, main(lambda))
    await startRun(first, 'main', null)
    await runToEnd(first, arn)
    first.service.close()
    const day = 86_400_000
    for (const [days, found] of [
      [89, true],
      [91, false],
    ] as const) {
      const later = openLife({ file, at: first.clock.now() + days * day, functions: {} })
      const described = later.service.call('DescribeExecution', { executionArn: arn })
      if (found) await expect(described).resolves.toMatchObject({ status: 'SUCCEEDED' })
      else await expect(described).rejects.toMatchObject({ code: 'ExecutionDoesNotExist' })
      later.service.close()
    }
  })

  it('refuses every call once its store has failed, and the next process goes on', async () => {
    let writesLeft = Number.POSITIVE_INFINITY
    const first = openLife({
      file,
      functions: { f: [{ payload: 7 }] },
      onCommit: () => {
        if (writesLeft-- <= 0) throw new Error('disk gone')
      },
    })
    await createMachines(first, main(lambda))
    writesLeft = 1
    await startRun(first, 'main', null)
    await first.clock.advance(0)
    await expect(first.service.call('DescribeExecution', { executionArn: arn })).rejects.toMatchObject({
      code: 'ServiceUnavailable',
    })
    first.service.close()

    const second = openLife({ file, functions: { f: [{ payload: 7 }] } })
    second.service.resume()
    expect(await runToEnd(second, arn)).toMatchObject({ status: 'SUCCEEDED', output: '7' })
    second.service.close()
  })
})
