import { copyFileSync, existsSync } from 'node:fs'
import type { HistoryEvent } from '@aws-sdk/client-sfn'
import type { Json, JsonObject } from '../aws/service.ts'
import { manualClock } from '../clock.ts'
import type { FunctionAnswer } from './conformance/conformance-case.ts'
import { type ExecutionStatusChange, openStepFunctions, type StepFunctions } from './open-step-functions.ts'
import { accountId, region, scriptedIntegrations } from './test-world.ts'

const roleArn = `arn:aws:iam::${accountId}:role/states`
export const arnOf = (machine: string, execution: string): string =>
  `arn:aws:states:${region}:${accountId}:execution:${machine}:${execution}`

/** One life of the service over a file, from opening to its death. */
export interface Life {
  service: StepFunctions
  clock: ReturnType<typeof manualClock>
  calls: { name: string; payload: Json }[]
  changes: ExecutionStatusChange[]
}

export function openLife(options: {
  file: string
  at?: number
  functions: Record<string, FunctionAnswer[]>
  onCommit?: (life: Life) => void
}): Life {
  let life: Life | undefined
  const clock = manualClock(options.at)
  const calls: Life['calls'] = []
  const changes: ExecutionStatusChange[] = []
  const integrations = scriptedIntegrations(() => options.functions, calls)
  const service = openStepFunctions({
    file: options.file,
    clock,
    region,
    accountId,
    integrations,
    onStatusChange: (change) => changes.push(change),
    onCommit: () => life && options.onCommit?.(life),
  })
  life = { service, clock, calls, changes }
  return life
}

/** Copies the file as a process that dies now would leave it. */
export function copyStore(from: string, to: string): void {
  for (const suffix of ['', '-wal']) if (existsSync(from + suffix)) copyFileSync(from + suffix, to + suffix)
}

export async function createMachines(life: Life, machines: Record<string, JsonObject>): Promise<void> {
  for (const [name, definition] of Object.entries(machines))
    await life.service.call('CreateStateMachine', { name, roleArn, definition: JSON.stringify(definition) })
}

export const startRun = (life: Life, machine: string, input: Json): Promise<JsonObject> =>
  life.service.call('StartExecution', {
    stateMachineArn: `arn:aws:states:${region}:${accountId}:stateMachine:${machine}`,
    name: 'run',
    input: JSON.stringify(input),
  })

/** Moves time on until the execution has ended; tokens that were handed out, now or before, are answered. */
export async function runToEnd(life: Life, arn: string, tokens: readonly string[] = []): Promise<JsonObject> {
  const roundsMax = 200
  for (let round = 0; round < roundsMax; round++) {
    await life.clock.advance(1_000)
    const described = await life.service.call('DescribeExecution', { executionArn: arn })
    if (described.status !== 'RUNNING') return settled(life, described)
    for (const taskToken of [...tokens, ...tokensIn(life)])
      await life.service.call('SendTaskSuccess', { taskToken, output: '{"by":"token"}' }).catch(() => {})
  }
  throw new Error(`${arn} did not end`)
}

/** Lets the last notices go out. */
async function settled(life: Life, described: JsonObject): Promise<JsonObject> {
  await life.clock.advance(0)
  return described
}

/** Tokens that were handed out in this life. */
export const tokensIn = (life: Life): string[] =>
  life.calls.flatMap(({ payload }) => {
    const found = /"token\\?":\\?"([^"\\]+)/.exec(JSON.stringify(payload))?.[1]
    return found ? [found] : []
  })

/** The whole history as the API shows it. */
export async function historyOf(life: Life, arn: string): Promise<JsonObject[]> {
  const { events } = await life.service.call('GetExecutionHistory', { executionArn: arn, maxResults: 1_000 })
  return events as JsonObject[]
}

/** What is wrong with the form of a history of an ended execution: empty when nothing is. */
export function faultsOf(events: readonly JsonObject[]): string[] {
  const faults: string[] = []
  const types = events.map(({ type }) => String(type) as HistoryEvent['type'] & string)
  for (const [index, { id, previousEventId }] of events.entries()) {
    if (id !== index + 1) faults.push(`event ${index + 1} has the id ${id}`)
    if (Number(previousEventId) >= Number(id)) faults.push(`event ${id} points to ${previousEventId}`)
  }
  const ends = types.filter((type) => /^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(type))
  if (ends.length !== 1 || types.at(-1) !== ends[0]) faults.push(`ends with ${ends.join(', ')}`)
  const count = (suffix: string): number => types.filter((type) => type.endsWith(suffix)).length
  const open = count('StateEntered') - count('StateExited') - count('StateAborted')
  if (ends[0] === 'ExecutionSucceeded' && open < 0) faults.push('more states were left than entered')
  return faults
}
