import { GridError } from '@gridgate/core/errors'
import type { ExecutionStatus, Workflows } from '@gridgate/core/task/workflows'
import type { AwsClient } from '@gridgate/remote/aws/aws-client'
import { AwsFailure } from '@gridgate/remote/aws/aws-failure'
import { z } from 'zod'
import type { Config } from './config.ts'

/** How Step Functions are called, in ms; the same start twice is one execution (its name is the task's), and a look is only a look. */
const asking = { service: 'states', msMax: 10_000, repeatable: true } as const

type Place = Pick<Config, 'AWS_REGION' | 'GRIDGATE_ACCOUNT' | 'GRIDGATE_PREFIX'>

/** The ARN of a workflow's state machine, or of one of its executions (`join-node:<task>`). */
export const workflowArn = (place: Place, kind: 'stateMachine' | 'execution', name: string): string =>
  `arn:${partitionOf(place.AWS_REGION)}:states:${place.AWS_REGION}:${place.GRIDGATE_ACCOUNT}:${kind}:${place.GRIDGATE_PREFIX}${name}`

/** The part of AWS that a region is in, as ARNs spell it ("Identify AWS resources with ARNs", IAM User Guide). */
const partitionOf = (region: string): string =>
  region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'

/** Workflows as Step Functions executions; the state machines are named after the workflows, behind the stage's prefix. */
export function stepFunctions(aws: Pick<AwsClient, 'call'>, place: Place): Workflows {
  return {
    async start(workflow, taskId, input) {
      const start = {
        stateMachineArn: workflowArn(place, 'stateMachine', workflow),
        name: taskId,
        input: JSON.stringify(input),
      }
      try {
        await aws.call({ ...asking, operation: 'StartExecution', input: start, reply: z.unknown() })
      } catch (error) {
        // The name says that it is the same work: it was started before.
        if (!isNamed(error, 'ExecutionAlreadyExists')) throw unavailable('start', workflow, error)
      }
    },
    async status(workflow, taskId) {
      const executionArn = workflowArn(place, 'execution', `${workflow}:${taskId}`)
      try {
        const look = { ...asking, operation: 'DescribeExecution', input: { executionArn }, reply: Execution }
        return statuses[(await aws.call(look)).status]
      } catch (error) {
        if (isNamed(error, 'ExecutionDoesNotExist')) return null
        throw unavailable('look at', workflow, error)
      }
    },
  }
}

const statuses = {
  RUNNING: 'running',
  PENDING_REDRIVE: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timed_out',
  ABORTED: 'aborted',
} as const satisfies Record<string, ExecutionStatus>

const Execution = z.object({
  status: z.enum(['RUNNING', 'PENDING_REDRIVE', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']),
})

const isNamed = (error: unknown, code: string): boolean => error instanceof AwsFailure && error.name === code

const unavailable = (what: string, workflow: string, cause: unknown): GridError =>
  new GridError('service.unavailable', `cannot ${what} the workflow ${workflow}`, { cause, retryAfterSeconds: 5 })
