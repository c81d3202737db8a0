import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../aws/service.ts'
import type { FunctionAnswer } from './conformance/conformance-case.ts'
import {
  arnOf,
  copyStore,
  createMachines,
  faultsOf,
  historyOf,
  type Life,
  openLife,
  runToEnd,
  startRun,
  tokensIn,
} from './crash-driver.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'step-functions-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const lambda = (name: string, more: JsonObject = {}): JsonObject => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  TimeoutSeconds: 60,
  Arguments: { FunctionName: name, Payload: '{% $states.input %}' },
  Output: '{% $states.result.Payload %}',
  ...more,
})

const child: JsonObject = {
  QueryLanguage: 'JSONata',
  StartAt: 'Nap',
  States: { Nap: { Type: 'Wait', Seconds: 3, Output: { child: true }, End: true } },
}

/** Every way of waiting, beside and inside each other. */
const everything: JsonObject = {
  QueryLanguage: 'JSONata',
  StartAt: 'First',
  States: {
    First: lambda('first', { Assign: { kept: '{% $states.result.Payload %}' }, Next: 'Fan' }),
    Fan: {
      Type: 'Parallel',
      Branches: [
        {
          StartAt: 'Pause',
          States: {
            Pause: { Type: 'Wait', Seconds: 4, Next: 'AfterPause' },
            AfterPause: lambda('after', { End: true }),
          },
        },
        {
          StartAt: 'Each',
          States: {
            Each: {
              Type: 'Map',
              Items: [1, 2, 3],
              MaxConcurrency: 2,
              ItemProcessor: { StartAt: 'Item', States: { Item: lambda('echo', { End: true }) } },
              End: true,
            },
          },
        },
        {
          StartAt: 'Flaky',
          States: { Flaky: lambda('flaky', { Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 2 }], End: true }) },
        },
        {
          StartAt: 'Ask',
          States: {
            Ask: {
              Type: 'Task',
              Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
              Arguments: { QueueUrl: 'q', MessageBody: '{% $string({"token": $states.context.Task.Token}) %}' },
              End: true,
            },
          },
        },
        {
          StartAt: 'Child',
          States: {
            Child: {
              Type: 'Task',
              Resource: 'arn:aws:states:::states:startExecution.sync:2',
              Arguments: { StateMachineArn: 'arn:aws:states:eu-west-1:000000000000:stateMachine:child' },
              Output: '{% $states.result.Output %}',
              End: true,
            },
          },
        },
      ],
      Next: 'Break',
    },
    Break: lambda('broken', {
      Catch: [
        {
          ErrorEquals: ['States.ALL'],
          Output: '{% $merge([{"f": $states.errorOutput.Error}, {"i": $states.input}]) %}',
          Next: 'Last',
        },
      ],
      Next: 'Last',
    }),
    Last: { Type: 'Pass', Output: { kept: '{% $kept %}', all: '{% $states.input %}' }, End: true },
  },
}

/** Flaky fails by itself on its first call of each life, so a retry is always under way somewhere. */
const functions: Record<string, FunctionAnswer[]> = {
  first: [{ payload: 'one' }],
  after: [{ payload: 'after' }],
  echo: [{ echo: true }],
  flaky: [{ error: { errorType: 'Busy', errorMessage: '' } }, { payload: 'flaky' }],
  broken: [{ error: { errorType: 'Broken', errorMessage: '' } }],
}

interface Snapshot {
  file: string
  at: number
  tokens: string[]
  ends: string[]
}

/** Runs to the end and keeps a copy of the store as it is after each transaction. */
async function runWithSnapshots(
  name: string,
  machines: Record<string, JsonObject>,
): Promise<{ snapshots: Snapshot[]; output: unknown; status: unknown }> {
  const file = join(folder, `${name}.sqlite`)
  const snapshots: Snapshot[] = []
  const onCommit = ({ clock, changes, ...life }: Life): void => {
    const copy = join(folder, `${name}-${snapshots.length}.sqlite`)
    copyStore(file, copy)
    const tokens = tokensIn({ clock, changes, ...life })
    const ends = changes.filter(({ status }) => status !== 'RUNNING').map(({ executionArn }) => executionArn)
    snapshots.push({ file: copy, at: clock.now(), tokens, ends })
  }
  let recording = false
  const life = openLife({ file, functions, onCommit: (now) => recording && onCommit(now) })
  await createMachines(life, machines)
  life.service.resume()
  recording = true
  await startRun(life, 'main', { n: 1 })
  const { output, status } = await runToEnd(life, arnOf('main', 'run'))
  recording = false
  life.service.close()
  return { snapshots, output, status }
}

/** Opens what a death left behind and goes on from there to the end. */
async function goOn({
  file,
  at,
  tokens,
}: Snapshot): Promise<{ life: Life; before: JsonObject[]; after: JsonObject[]; end: JsonObject }> {
  const life = openLife({ file, at, functions })
  const arn = arnOf('main', 'run')
  const before = await historyOf(life, arn)
  life.service.resume()
  const end = await runToEnd(life, arn, tokens)
  return { life, before, after: await historyOf(life, arn), end }
}

async function childrenOf(life: Life): Promise<unknown> {
  const stateMachineArn = 'arn:aws:states:eu-west-1:000000000000:stateMachine:child'
  return (await life.service.call('ListExecutions', { stateMachineArn })).executions
}

describe('an execution whose process dies', () => {
  it('ends the same way from after every single transaction, with nothing lost, repeated or rewritten', async () => {
    const { snapshots, output, status } = await runWithSnapshots('everything', { child, main: everything })
    expect(status).toBe('SUCCEEDED')
    expect(snapshots.length).toBeGreaterThan(20)

    for (const snapshot of snapshots) {
      const { life, before, after, end } = await goOn(snapshot)
      expect(end).toMatchObject({ status: 'SUCCEEDED', output })
      expect(faultsOf(after)).toEqual([])
      expect(after.slice(0, before.length)).toEqual(before)
      const left = before.filter(({ type }) => type === 'TaskStateExited').map((event) => JSON.stringify(event))
      const calledAgain = new Set(life.calls.map(({ name }) => name))
      if (left.some((text) => text.includes('"First"'))) expect(calledAgain).not.toContain('first')
      if (left.some((text) => text.includes('"AfterPause"'))) expect(calledAgain).not.toContain('after')
      if (left.some((text) => text.includes('"Flaky"'))) expect(calledAgain).not.toContain('flaky')
      const ended = [...snapshot.ends, ...life.changes.filter((c) => c.status !== 'RUNNING').map((c) => c.executionArn)]
      expect(ended).toContain(arnOf('main', 'run'))
      expect(await childrenOf(life)).toHaveLength(1)
      life.service.close()
    }
  })

  it('keeps the absolute end of a Wait and does not start the child twice', async () => {
    const { snapshots } = await runWithSnapshots('again', { child, main: everything })
    const waiting = snapshots.findLast(({ ends }) => ends.length === 0) as Snapshot
    const { life, after } = await goOn({ ...waiting, at: waiting.at + 3_600_000 })
    const entered = after.find(({ type }) => type === 'WaitStateEntered')
    const exited = after.find(({ type }) => type === 'WaitStateExited')
    expect(Number(exited?.timestamp) - Number(entered?.timestamp)).toBeGreaterThanOrEqual(4)
    expect(await childrenOf(life)).toHaveLength(1)
    life.service.close()
  })

  it('ends the same way for machines of any make-up, from any transaction', async () => {
    let number = 0
    await fc.assert(
      fc.asyncProperty(machine, fc.nat(), async (definition, choice) => {
        number += 1
        const { snapshots, output, status } = await runWithSnapshots(`any-${number}`, { main: definition })
        const snapshot = snapshots[choice % snapshots.length] as Snapshot
        const { life, before, after, end } = await goOn(snapshot)
        life.service.close()
        expect(end.status).toBe(status)
        expect(end.output).toEqual(output)
        expect(faultsOf(after)).toEqual([])
        expect(after.slice(0, before.length)).toEqual(before)
      }),
      { numRuns: 25 },
    )
  })
})

/** States that all take and give any JSON, chained; with branches and items up to two levels deep. */
const { graph } = fc.letrec<{ graph: JsonObject; state: JsonObject }>((tie) => ({
  state: fc.oneof(
    { depthSize: 'small', maxDepth: 2 },
    fc.constant({ Type: 'Pass', Assign: { v: '{% $states.input %}' } }),
    fc.integer({ min: 0, max: 5 }).map((Seconds) => ({ Type: 'Wait', Seconds })),
    fc.constant(lambda('echo')),
    fc.constant(lambda('broken', { Catch: 'next' })),
    fc.array(tie('graph'), { minLength: 1, maxLength: 3 }).map((Branches) => ({ Type: 'Parallel', Branches })),
    fc.tuple(tie('graph'), fc.nat(4), fc.nat(2)).map(([ItemProcessor, items, MaxConcurrency]) => ({
      Type: 'Map',
      Items: Array.from({ length: items }, (_, index) => index),
      MaxConcurrency,
      ItemProcessor,
    })),
  ) as fc.Arbitrary<JsonObject>,
  graph: fc
    .array(tie('state'), { minLength: 1, maxLength: 3 })
    .map((states) => ({ states })) as fc.Arbitrary<JsonObject>,
}))

const machine = graph.map((root) => {
  let count = 0
  /** Gives every state a name of its own and links it to the next one; Assign names differ per level. */
  const link = ({ states }: JsonObject): JsonObject => {
    const names = (states as JsonObject[]).map(() => `S${++count}`)
    const linked = (states as JsonObject[]).map((state, index): [string, JsonObject] => {
      const next = names[index + 1]
      const last = next === undefined
      const { Branches, ItemProcessor, Assign, Catch, ...plain } = state
      return [
        names[index] as string,
        {
          ...plain,
          ...(Branches ? { Branches: (Branches as JsonObject[]).map(link) } : {}),
          ...(ItemProcessor ? { ItemProcessor: link(ItemProcessor as JsonObject) } : {}),
          ...(Assign ? { Assign: { [`v${names[index]}`]: '{% $states.input %}' } } : {}),
          ...(Catch && !last ? { Catch: [{ ErrorEquals: ['Broken'], Output: 'caught', Next: next }] } : {}),
          ...(last ? { End: true } : { Next: next }),
        },
      ]
    })
    return { StartAt: names[0] as string, States: Object.fromEntries(linked) }
  }
  return { QueryLanguage: 'JSONata', ...link(root) }
})
