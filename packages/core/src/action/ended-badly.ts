import { type ErrorCode, errorStatuses, GridError } from '../errors.ts'
import { isOver } from './action.ts'
import type { StoredAction } from './action-store.ts'

/** The failure that a reply about this action is, or null for one that succeeded, or goes on. */
export function endedBadly({ record }: StoredAction): GridError | null {
  const { id, state, code, error } = record
  if (!isOver(state) || state === 'succeeded' || state === 'observed' || state === 'deferred') return null
  const details = { action_id: id, state }
  if (state === 'cancelled') return new GridError('task.cancelled', `action ${id} was cancelled`, { details })
  return new GridError(isKnown(code) ? code : 'internal', error ?? `action ${id} is ${state}`, { details })
}

const isKnown = (code: string | undefined): code is ErrorCode =>
  code !== undefined && Object.hasOwn(errorStatuses, code)
