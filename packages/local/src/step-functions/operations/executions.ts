import { randomUUID } from 'node:crypto'
import { AwsError, type JsonObject } from '../../aws/service.ts'
import { checkName } from '../arns.ts'
import { errorFields } from '../failure.ts'
import { historyEvent } from '../history.ts'
import { payloadBytesMax } from '../limits.ts'
import { redriveStatus } from '../notices.ts'
import type { ExecutionRecord } from '../records.ts'
import { arnCharactersMax, findExecution, findMachine, type Operation, seconds } from './context.ts'
import { cutPage, readToken } from './paging.ts'
import { Request } from './request.ts'

/** The input of an execution as JSON text. @throws {AwsError} InvalidExecutionInput */
function readInput(request: Request): string {
  const refuse = (reason: string): AwsError =>
    new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${reason}'`)
  const input = request.optionalText('input', Number.MAX_SAFE_INTEGER) ?? '{}'
  if (Buffer.byteLength(input) > payloadBytesMax)
    throw refuse(`Input size exceeds the maximum of ${payloadBytesMax} bytes`)
  try {
    JSON.parse(input)
  } catch (error) {
    throw refuse((error as Error).message)
  }
  return input
}

export const startExecution: Operation = (context, input) => {
  const request = new Request('StartExecution', input, ['stateMachineArn', 'name', 'input'])
  const machine = findMachine(context, request.text('stateMachineArn', arnCharactersMax))
  const name = checkName(request.optionalText('name', 10_000) ?? randomUUID())
  const text = readInput(request)
  if (machine.status === 'DELETING')
    throw new AwsError('StateMachineDeleting', `State Machine is being deleted: '${machine.arn}'`)
  const record = context.engine.start({ machine, name, input: text, starter: null })
  return { executionArn: record.arn, startDate: seconds(record.started_at) }
}

export const describeExecution: Operation = (context, input) => {
  const request = new Request('DescribeExecution', input, ['executionArn'])
  const record = findExecution(context, request.text('executionArn', arnCharactersMax))
  const { redriveStatus: status, redriveStatusReason: reason } = redriveStatus(record.status)
  return {
    ...summary(record),
    input: record.input,
    inputDetails: { included: true },
    ...(record.output === null ? {} : { output: record.output, outputDetails: { included: true } }),
    ...errorFields(record),
    redriveStatus: status,
    ...(reason === null ? {} : { redriveStatusReason: reason }),
  }
}

/** What a list shows of an execution. */
const summary = (record: ExecutionRecord): JsonObject => ({
  executionArn: record.arn,
  stateMachineArn: record.machine_arn,
  name: record.name,
  status: record.status,
  startDate: seconds(record.started_at),
  ...(record.stopped_at === null ? {} : { stopDate: seconds(record.stopped_at) }),
  redriveCount: 0,
})

const statusFilters = ['SUCCEEDED', 'TIMED_OUT', 'PENDING_REDRIVE', 'ABORTED', 'FAILED', 'RUNNING'] as const

export const listExecutions: Operation = (context, input) => {
  const request = new Request('ListExecutions', input, ['stateMachineArn', 'statusFilter', 'maxResults', 'nextToken'])
  const size = request.pageSize(100, 1_000)
  const filter = request.choice('statusFilter', statusFilters)
  const token = request.optionalText('nextToken', 3_096)
  const machine = findMachine(context, request.text('stateMachineArn', arnCharactersMax))
  const of = `executions ${machine.arn} ${filter ?? ''}`
  const after = readToken(token, of)
  if (filter === 'PENDING_REDRIVE') return { executions: [] }
  const rows = context.store.executions(machine.arn, filter ?? null, { after, limit: size + 1 })
  const { page, next } = cutPage(rows, size, of, ({ id }) => id)
  return { executions: page.map(summary), ...next }
}

/** Ends an execution. One that has ended already keeps its status, and the answer is when it ended. */
export const stopExecution: Operation = async (context, input) => {
  const request = new Request('StopExecution', input, ['executionArn', 'error', 'cause'])
  const { arn } = findExecution(context, request.text('executionArn', arnCharactersMax))
  const error = request.optionalText('error', 256) ?? null
  const cause = request.optionalText('cause', 32_768) ?? null
  const run = context.engine.find(arn)
  await run?.post(() => run.abort({ status: 'ABORTED', error, cause }))
  const stopped = context.store.execution(arn)?.stopped_at ?? context.clock.now()
  return { stopDate: seconds(stopped) }
}

export const getExecutionHistory: Operation = (context, input) => {
  const members = ['executionArn', 'maxResults', 'nextToken', 'reverseOrder', 'includeExecutionData']
  const request = new Request('GetExecutionHistory', input, members)
  const size = request.pageSize(100, 1_000)
  const token = request.optionalText('nextToken', 3_096)
  const { id, arn } = findExecution(context, request.text('executionArn', arnCharactersMax))
  const reverse = request.flag('reverseOrder') ?? false
  const includeData = request.flag('includeExecutionData') ?? true
  const of = `history ${arn} ${reverse}`
  const rows = context.store.events(id, reverse, { after: readToken(token, of), limit: size + 1 })
  const { page, next } = cutPage(rows, size, of, (event) => event.id)
  return { events: page.map((event) => historyEvent(event, includeData)), ...next }
}
