import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import { GridError } from '@gridgate/core/errors'
import type { ExecutionStatus, Workflows } from '@gridgate/core/task/workflows'
import type { Config } from './config.ts'

type Place = Pick<Config, 'AWS_REGION' | 'GRIDGATE_ACCOUNT' | 'GRIDGATE_PREFIX'>

/** Workflows as Step Functions executions; the state machines are named after the workflows, behind the stage's prefix. */
export function stepFunctions(client: SFNClient, place: Place): Workflows {
  const arn = (kind: string, name: string): string =>
    `arn:aws:states:${place.AWS_REGION}:${place.GRIDGATE_ACCOUNT}:${kind}:${place.GRIDGATE_PREFIX}${name}`
  return {
    async start(workflow, taskId, input) {
      const stateMachineArn = arn('stateMachine', workflow)
      try {
        await client.send(new StartExecutionCommand({ stateMachineArn, name: taskId, input: JSON.stringify(input) }))
      } catch (error) {
        // The name says that it is the same work: it was started before.
        if (!(error instanceof ExecutionAlreadyExists)) throw unavailable('start', workflow, error)
      }
    },
    async status(workflow, taskId) {
      const executionArn = arn('execution', `${workflow}:${taskId}`)
      try {
        const { status } = await client.send(new DescribeExecutionCommand({ executionArn }))
        return statuses[status ?? 'RUNNING']
      } catch (error) {
        if (error instanceof ExecutionDoesNotExist) return null
        throw unavailable('look at', workflow, error)
      }
    },
  }
}

const statuses: Record<
  'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE',
  ExecutionStatus
> = {
  RUNNING: 'running',
  PENDING_REDRIVE: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timed_out',
  ABORTED: 'aborted',
}

const unavailable = (what: string, workflow: string, cause: unknown): GridError =>
  new GridError('service.unavailable', `cannot ${what} the workflow ${workflow}`, { cause, retryAfterSeconds: 5 })
