import type { ActionId, ActionOrder, ActionRecord } from '../action/action.ts'
import type { Asker } from '../cluster/guard-document.ts'
import { GridError } from '../errors.ts'
import type { RuleName } from './failover-rule.ts'

/** An alarm's rule as who asks for an action: the automatic budgets and the rule's mode hold. */
export interface AlarmAsker extends Asker {
  automatic: { rule: RuleName; mode: 'observe' | 'act'; event_id: string }
}

/** Where a rule asks for its action and looks how it goes: the use cases behind `POST /actions` and `GET /actions/{id}`. */
export interface ActionDesk<P> {
  /** The same id and content twice is one action. @throws {GridError} what refuses it */
  act(ports: P, order: ActionOrder, asker: AlarmAsker): Promise<Pick<ActionRecord, 'id' | 'state'>>
  find(ports: P, id: ActionId): Promise<Pick<ActionRecord, 'state'> | null>
}

/** Claims that the action may still change something. */
export const isOpen = (action: Pick<ActionRecord, 'state'> | null): boolean =>
  action?.state === 'accepted' || action?.state === 'running'

/** Where nobody takes actions: each is asked for again until somebody does. */
export const closedDesk: ActionDesk<unknown> = {
  async act() {
    throw new GridError('service.unavailable', 'no actions are taken here', { retryAfterSeconds: 60 })
  },
  find: async () => null,
}
