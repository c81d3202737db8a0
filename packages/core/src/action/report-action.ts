import { countAction } from '../counter/count-action.ts'
import { tellAction } from '../notification/tell-action.ts'
import type { Needs, ReportPort } from '../ports.ts'
import { isOver } from './action.ts'
import type { StoredAction } from './action-store.ts'

/**
 * Tells those who want to know that an action begins or ended, and counts one that is over. The record is written by then, so
 * none of it can fail the action. Dry runs are nobody's news.
 * @param isNew whether this call made it so: what is told twice has the same id, what is counted twice would be wrong
 */
export async function reportAction(
  ports: Needs<ReportPort | 'tasks' | 'log'>,
  action: StoredAction,
  isNew = true,
): Promise<void> {
  const { state, dry_run } = action.record
  if (dry_run) return
  await Promise.all([tellAction(ports, action), ...(isNew && isOver(state) ? [countAction(ports, action)] : [])])
}
