import type { Json, JsonObject } from '../aws/service.ts'
import type { CallAnswer } from './integrations.ts'
import type { ExecutionRecord } from './records.ts'

const included: JsonObject = { Included: true }

/**
 * What `startExecution.sync:2` gives once its child has ended: DescribeExecution in capitals. Input and Output are
 * parsed on success; on failure the cause holds the same object as text, with texts in it (spec/step-functions.md section 4).
 */
export function childAnswer(child: ExecutionRecord): CallAnswer {
  const common: JsonObject = {
    ExecutionArn: child.arn,
    InputDetails: included,
    Name: child.name,
    StartDate: child.started_at,
    StateMachineArn: child.machine_arn,
    Status: child.status,
    StopDate: child.stopped_at,
  }
  if (child.status === 'SUCCEEDED') {
    const output = JSON.parse(child.output ?? 'null') as Json
    const value = { ...common, Input: JSON.parse(child.input) as Json, Output: output, OutputDetails: included }
    return { kind: 'success', output: JSON.stringify(value) }
  }
  const reasons = {
    ...(child.error === null ? {} : { Error: child.error }),
    ...(child.cause === null ? {} : { Cause: child.cause }),
  }
  const cause = JSON.stringify({ ...reasons, ...common, Input: child.input })
  return { kind: 'failure', error: 'States.TaskFailed', cause }
}
