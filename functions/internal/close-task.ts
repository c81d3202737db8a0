import { closeTask, ExecutionEnded } from '@gridgate/core/task/close-task'
import { step } from '@gridgate/runtime/step'

/** Step Functions' own status-change event ends a task whose execution died without doing so. */
export const handler = step(ExecutionEnded, closeTask)
