import type { ActionId, ActionOrder, ActionRecord } from '../action/action.ts'
import { type RequestPorts, requestAction } from '../action/request-action.ts'
import { keepDeed } from '../audit/keep-entry.ts'
import { openTrail } from '../audit/open-trail.ts'
import type { Asker } from '../cluster/guard-document.ts'
import { GridError } from '../errors.ts'
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

type DeskPorts = RequestPorts & Needs<'audit'>

/**
 * The actions of this network. What an alarm starts, and what a policy decided about it, the audit log tells; what else refuses
 * it is asked again and again, and stands with the alarm.
 * @param by the function that asks
 */
export const openDesk = (by: 'receive-alarm' | 'sweep-alarms'): ActionDesk<DeskPorts> => ({
  async act(ports, order, { automatic, ...asker }) {
    const trail = openTrail()
    let code: string | null = null
    try {
      return (await requestAction(trail.over(ports), order, asker, { mode: automatic.mode })).record
    } catch (error) {
      code = error instanceof GridError ? error.code : 'internal'
      throw error
    } finally {
      const { taskId, decisionIds } = trail.notes
      const deed = {
        by,
        operation: 'actions/request',
        clusterId: order.cluster_id,
        subject: `action ${order.id}`,
        code,
      }
      if (taskId !== null || decisionIds.length > 0) await keepDeed(ports, deed, trail)
    }
  },
  find: findRecord,
})

/** What a rule looks at while its action is under way. */
export async function findRecord(ports: Needs<'actions'>, id: ActionId): Promise<Pick<ActionRecord, 'state'> | null> {
  return (await ports.actions.find(id))?.record ?? null
}
