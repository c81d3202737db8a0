import { AwsError } from '../../aws/service.ts'
import type { ExecutionRun } from '../execution-run.ts'
import type { Frame, TokenOutcome } from '../frame.ts'
import { payloadBytesMax } from '../limits.ts'
import { takeHeartbeat, takeOutcome } from '../states/task.ts'
import type { Context, Operation } from './context.ts'
import { Request } from './request.ts'

/** Longest task token, in characters. */
const tokenCharactersMax = 2_048

/**
 * Has the task that waits for a token take something. It is written when this settles.
 * @throws {AwsError} InvalidToken for a text that is no token, TaskDoesNotExist when its execution is gone, TaskTimedOut when the task has ended
 */
async function deliver(
  { store, engine }: Context,
  token: string,
  take: (run: ExecutionRun, frame: Frame) => boolean | Promise<boolean>,
): Promise<void> {
  const owner = store.tokenOwner(token)
  if (!owner) {
    if (!isToken(token)) throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'")
    throw new AwsError('TaskDoesNotExist', `Task does not exist: '${token}'`)
  }
  const record = store.executionById(owner.execution_id)
  const run = record && engine.find(record.arn)
  let taken = false
  await run?.post(async () => {
    const frame = run.tree.find(owner.path)
    taken = frame !== undefined && (await take(run, frame))
  })
  if (!taken) throw new AwsError('TaskTimedOut', `Task Timed Out: 'Provided task does not exist anymore'`)
}

/** Whether a text has the form of a token. */
function isToken(text: string): boolean {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64').toString())
    return Array.isArray(value) && value.length === 2
  } catch {
    return false
  }
}

/** @throws {AwsError} InvalidOutput */
function readOutput(request: Request): string {
  const refuse = (reason: string): AwsError => new AwsError('InvalidOutput', `Invalid Output: '${reason}'`)
  const output = request.text('output', Number.MAX_SAFE_INTEGER)
  if (Buffer.byteLength(output) > payloadBytesMax)
    throw refuse(`Output size exceeds the maximum of ${payloadBytesMax} bytes`)
  try {
    JSON.parse(output)
  } catch (error) {
    throw refuse((error as Error).message)
  }
  return output
}

export const sendTaskSuccess: Operation = async (context, input) => {
  const request = new Request('SendTaskSuccess', input, ['taskToken', 'output'])
  const token = request.text('taskToken', tokenCharactersMax)
  const outcome: TokenOutcome = { kind: 'success', output: readOutput(request) }
  await deliver(context, token, (run, frame) => takeOutcome(run, frame, { token, outcome }))
  return {}
}

export const sendTaskFailure: Operation = async (context, input) => {
  const request = new Request('SendTaskFailure', input, ['taskToken', 'error', 'cause'])
  const token = request.text('taskToken', tokenCharactersMax)
  const error = request.optionalText('error', 256) ?? null
  const outcome: TokenOutcome = { kind: 'failure', error, cause: request.optionalText('cause', 32_768) ?? null }
  await deliver(context, token, (run, frame) => takeOutcome(run, frame, { token, outcome }))
  return {}
}

export const sendTaskHeartbeat: Operation = async (context, input) => {
  const request = new Request('SendTaskHeartbeat', input, ['taskToken'])
  const token = request.text('taskToken', tokenCharactersMax)
  await deliver(context, token, (run, frame) => takeHeartbeat(run, frame, token))
  return {}
}
