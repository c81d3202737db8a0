import type { Caller } from '../caller.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { type CancelRequested, cancelTask } from '../task/cancel-task.ts'
import { type ActionId, isOver } from './action.ts'
import { findAction } from './read-action.ts'

/**
 * Asks an action to stop: its next step takes back the cordons it set, then it ends `cancelled`. What was restarted stays so.
 * @throws {GridError} `action.not_found`, `action.finished`
 */
export async function cancelAction(
  ports: Needs<'actions' | 'tasks' | 'trail' | 'clock' | 'log'>,
  id: ActionId,
  caller: Caller,
): Promise<CancelRequested> {
  const { record } = await findAction(ports, id, caller)
  ports.trail.about(record.cluster_id)
  if (isOver(record.state) || record.task_id === null)
    throw new GridError('action.finished', `action ${id} is ${record.state} already`, { details: { action_id: id } })
  return cancelTask(ports, record.task_id, caller)
}
