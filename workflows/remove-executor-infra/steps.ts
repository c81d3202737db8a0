import * as close from '@gridgate/core/executor/close-executor-task'
import * as away from '@gridgate/core/executor/take-executor-away'
import { ExecutorWork } from '@gridgate/core/infra/infra-work'
import * as left from '@gridgate/core/infra/list-left-behind'
import * as remove from '@gridgate/core/infra/remove-objects'
import { step } from '@gridgate/runtime/step'

export const checkExecutorRemoval = step(ExecutorWork, away.checkExecutorRemoval)
export const removeObjects = step(ExecutorWork, remove.removeObjects<ExecutorWork>)
export const verifyRemoval = step(ExecutorWork, remove.verifyRemoval<ExecutorWork>)
export const clearExecutor = step(ExecutorWork, away.clearExecutor)
export const completeTask = step(ExecutorWork, close.completeExecutorTask)
export const listLeftBehind = step(ExecutorWork, left.listLeftBehind<ExecutorWork>)
export const cancelTask = step(ExecutorWork, close.cancelExecutorTask)
export const failTask = step(ExecutorWork, close.failExecutorTask)
