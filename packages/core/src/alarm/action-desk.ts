import type { ActionId, ActionOrder, ActionRecord } from '../action/action.ts'
import { type RequestPorts, requestAction } from '../action/request-action.ts'
import type { Asker } from '../cluster/guard-document.ts'
import type { Needs } from '../ports.ts'
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

/** The actions of this network. */
export const openDesk: ActionDesk<RequestPorts> = {
  act: async (ports, order, { automatic, ...asker }) =>
    (await requestAction(ports, order, asker, { mode: automatic.mode })).record,
  find: findRecord,
}

/** What a rule looks at while its action is under way. */
export async function findRecord(ports: Needs<'actions'>, id: ActionId): Promise<Pick<ActionRecord, 'state'> | null> {
  return (await ports.actions.find(id))?.record ?? null
}
