import * as build from '@gridgate/core/executor/build-executor'
import * as close from '@gridgate/core/executor/close-executor-task'
import { ExecutorWork } from '@gridgate/core/infra/infra-work'
import * as left from '@gridgate/core/infra/list-left-behind'
import * as remove from '@gridgate/core/infra/remove-objects'
import { step } from '@gridgate/runtime/step'

export const checkExecutorSite = step(ExecutorWork, build.checkExecutorSite)
export const installExecutor = step(ExecutorWork, build.installExecutor)
export const checkExecutor = step(ExecutorWork, build.checkExecutor)
export const recordExecutor = step(ExecutorWork, build.recordExecutor)
export const completeTask = step(ExecutorWork, close.completeExecutorTask)
export const undoObjects = step(ExecutorWork, remove.undoObjects<ExecutorWork>)
export const listLeftBehind = step(ExecutorWork, left.listLeftBehind<ExecutorWork>)
export const cancelTask = step(ExecutorWork, close.cancelExecutorTask)
export const failTask = step(ExecutorWork, close.failExecutorTask)
