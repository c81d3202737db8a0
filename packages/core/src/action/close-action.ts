import { GridError } from '../errors.ts'
import type { Needs, ReportPort } from '../ports.ts'
import { failTask, failureOf } from '../task/fail-task.ts'
import { finishTask } from '../task/finish-task.ts'
import { noteLeftBehind } from '../task/note-left-behind.ts'
import type { StoredTask } from '../task/task-store.ts'
import type { ActionRecord } from './action.ts'
import { ActionMemo, ActionWork } from './action-work.ts'
import { announceToAll } from './announce-action.ts'
import { changeAction } from './change-action.ts'
import { reportAction } from './report-action.ts'
import { open } from './step-parts.ts'

type EndPorts = Needs<'actions' | 'tasks' | 'clusters' | 'controllers' | 'clock' | 'log' | ReportPort>
type ClosePorts = EndPorts & Needs<'kubeconfigs'>

/** Codes of waits that came to nothing: the action ends as timed out, not as failed. */
const timeOuts: ReadonlySet<string> = new Set([
  'action.not_restarted',
  'action.evictions_blocked',
  'action.drain_blocked',
  'action.not_verified',
  'task.timed_out',
])

/** Ends an action that did all it was asked for. @throws {GridError} `task.cancelled` when somebody asked to cancel it first */
export async function completeAction(ports: ClosePorts, work: ActionWork): Promise<ActionWork> {
  // The task goes first: it refuses to complete when somebody asked to cancel it, and finishing it twice is harmless.
  await finishTask(ports, work.taskId, { status: 'completed', result: { action_id: work.actionId } })
  await end(ports, work, { state: 'succeeded' })
  return work
}

/** Ends an action as failed or timed out, for the reason that a Catch saw, and says what it leaves. */
export async function failAction(ports: ClosePorts, work: ActionWork): Promise<ActionWork> {
  const left_behind = await noteWhatStays(ports, work)
  const { code, error } = failureOf(work.failure ?? {})
  await end(ports, work, { state: timeOuts.has(code) ? 'timed_out' : 'failed', code, error, left_behind })
  await failTask(ports, { taskId: work.taskId, failure: work.failure ?? {} })
  return work
}

/** Ends an action as cancelled; the cordons it set were taken back. */
export async function cancelActionWork(ports: ClosePorts, work: ActionWork): Promise<ActionWork> {
  const left_behind = await noteWhatStays(ports, work)
  await end(ports, work, { state: 'cancelled', left_behind })
  const undone = left_behind.length === 0 ? ['CordonPool'] : []
  await finishTask(ports, work.taskId, { status: 'cancelled', undone })
  return work
}

/** Ends the action of a task whose work has died. Tasks of other types are left alone. */
export async function settleAction(
  ports: EndPorts,
  { task, memo, execution }: StoredTask,
  ending: { code: string; error: string },
): Promise<void> {
  if (task.task_type !== 'failover_action') return
  const work = ActionWork.parse(execution?.input)
  const left_behind = whatStays(ActionMemo.parse(memo), work)
  await noteLeftBehind(ports, work.taskId, left_behind)
  await end(ports, work, { state: timeOuts.has(ending.code) ? 'timed_out' : 'failed', ...ending, left_behind })
}

async function end(
  ports: EndPorts,
  work: ActionWork,
  ending: Pick<ActionRecord, 'state' | 'code' | 'error' | 'left_behind'>,
): Promise<void> {
  const { actionId } = work
  const { action, isWritten } = await changeAction(ports, actionId, ending)
  const { record } = action
  ports.log.info('action.finished', { actionId, type: record.type, state: record.state, code: record.code ?? null })
  await reportAction(ports, action, isWritten)
  await announceEnd(ports, work)
}

/** The end stands on the record; that Kubernetes could not be told of it, for example of a cluster that is gone, changes nothing. */
async function announceEnd(ports: EndPorts, work: ActionWork): Promise<void> {
  try {
    const { stored, action, nodes } = await open(ports, work)
    await announceToAll(ports, stored, action, nodes)
  } catch (error) {
    if (!(error instanceof GridError)) throw error
    ports.log.warn('action.unannounced', { taskId: work.taskId, error })
  }
}

async function noteWhatStays(ports: Needs<'tasks' | 'clock'>, work: ActionWork): Promise<string[]> {
  const stored = await ports.tasks.find(work.taskId)
  if (!stored) return []
  const left = whatStays(ActionMemo.parse(stored.memo), work)
  await noteLeftBehind(ports, work.taskId, left)
  return left
}

function whatStays({ isCordoned, isUncordoned, sent, before }: ActionMemo, { taskId }: ActionWork): string[] {
  const isUnclear = sent !== null && !sent.isAccepted
  return [
    ...(isCordoned && !isUncordoned
      ? [
          `nodes marked gridgate.io/cordoned-by=${taskId} are still cordoned; POST /actions of type uncordon_nodepool frees them`,
        ]
      : []),
    ...(isUnclear && before
      ? [`whether the ${sent.effect} of node ${before.name} was done is not known; look at its provider`]
      : []),
  ]
}
