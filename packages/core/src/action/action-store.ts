import { z } from 'zod'
import type { ClusterHistory, NetworkHistory } from '../failover/history.ts'
import type { Page } from '../page.ts'
import type { Lock, StoredTask } from '../task/task-store.ts'
import {
  type ActionId,
  type ActionNode,
  ActionOrder,
  ActionRecord,
  type ActionState,
  type ActionType,
} from './action.ts'

/** An action as it is stored. Its nodes are rows of their own, its steps are those of its task. */
export const StoredAction = z.object({
  record: ActionRecord.omit({ steps: true }),
  order: ActionOrder,
  /** Nobody asked for it in person: an alarm did. */
  isAutomatic: z.boolean(),
  /** Somebody who may asked to go past failed checks and a freeze. */
  isForced: z.boolean(),
  /** Grows by one with every write. */
  version: z.number().int(),
})
export type StoredAction = z.infer<typeof StoredAction>

/** What a list of actions may be narrowed by. */
export interface ActionFilter {
  clusters: readonly string[] | '*'
  pool?: string | undefined
  type?: ActionType | undefined
  state?: ActionState | undefined
  /** Only those created then or later; ISO 8601. */
  since?: string | undefined
}

/** The work that an action brings with it. */
export interface ActionTask {
  task: StoredTask
  /** Locks that nobody may hold at that moment; they are not taken. */
  unless: readonly Lock[]
  /** What it uses up of the budgets, written if nobody used up anything since the verdict (spec/decisions.md 34). */
  spends: {
    next: { cluster: ClusterHistory; network: NetworkHistory }
    versions: { cluster: number; network: number }
  }
}

/** Port: failover actions. Every write is conditional on the version it was decided on. */
export interface ActionStore {
  find(id: ActionId): Promise<StoredAction | null>
  /**
   * Puts an action that is not there yet, or takes the place of `before` if it is still that version, together with its nodes
   * and, where there is work to do, with the task and its locks: all of it or nothing.
   * @throws {GridError} `action.exists`, `budget.changed` when others used up some meanwhile; what `TaskStore.create` throws
   */
  begin(
    action: StoredAction,
    nodes: readonly ActionNode[],
    work: ActionTask | null,
    before: StoredAction | null,
  ): Promise<void>
  /** Writes the action if it still has `version`, and raises it; null when somebody else wrote in between. */
  replace(action: StoredAction): Promise<StoredAction | null>
  /** In the order of their names, after the one named. */
  listNodes(action: StoredAction, options: { after: string | null; limit: number }): Promise<Page<ActionNode>>
  /** Replaces rows of nodes of the same names. */
  putNodes(action: StoredAction, nodes: readonly ActionNode[]): Promise<void>
  /** Newest first, after the position that the page before named. */
  list(filter: ActionFilter, options: { after: string | null; limit: number }): Promise<Page<StoredAction>>
}
