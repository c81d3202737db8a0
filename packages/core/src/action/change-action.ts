import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { type ActionId, type ActionRecord, isOver } from './action.ts'
import type { StoredAction } from './action-store.ts'

/** Times a change is decided anew because somebody else wrote in between. */
const attemptsMax = 10

/** An action as it is after a change. */
export interface Changed {
  action: StoredAction
  /** False where it was over before, and so stayed as it was. */
  isWritten: boolean
}

/**
 * Changes the record of an action that is not over; one that is over stays as it is.
 * @throws {GridError} `action.not_found`; `service.unavailable` when others keep writing in between
 */
export async function changeAction(
  ports: Needs<'actions' | 'clock'>,
  id: ActionId,
  change: Partial<Pick<ActionRecord, 'state' | 'code' | 'error' | 'left_behind'>>,
): Promise<Changed> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const stored = await ports.actions.find(id)
    if (!stored) throw new GridError('action.not_found', `no action ${id}`)
    if (isOver(stored.record.state)) return { action: stored, isWritten: false }
    const record = { ...stored.record, ...change, updated_at: ports.clock.now().toISOString() }
    const written = await ports.actions.replace({ ...stored, record })
    if (written) return { action: written, isWritten: true }
  }
  throw new GridError('service.unavailable', `action ${id} is being changed by too many at once`, {
    retryAfterSeconds: 1,
  })
}
