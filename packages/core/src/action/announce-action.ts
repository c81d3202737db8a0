import type { StoredCluster } from '../cluster/cluster-store.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { TaskId } from '../task/task.ts'
import type { ActionNode, ActionOrder, PlanOutline } from './action.ts'
import { type FailoverEvent, recordEvents } from './controller-failover.ts'

/** Longest message of a Kubernetes Event, in characters. */
const messageCharactersMax = 1024

/** What an event tells of. */
export interface Announced {
  order: ActionOrder
  plan: PlanOutline
  /** The node that stands for the pool: the named one, or the first. */
  node: Pick<ActionNode, 'name' | 'uid'> | null
}

/**
 * Records the original's one event, on the original's object: the JobSet when one was named, else the node (spec/failover.md
 * §9, spec/decisions.md 32). The id keeps it from being recorded twice.
 * @returns why it could not be recorded, or null; an action is not stopped by it
 */
export async function announceAction(
  ports: Needs<'controllers' | 'log'>,
  stored: StoredCluster,
  taskId: TaskId,
  announced: Announced,
): Promise<string | null> {
  const event = triggerEvent(announced)
  if (event === null) return 'there is neither JobSet nor node to put an event on'
  try {
    await recordEvents(ports, stored, taskId, [event])
    return null
  } catch (error) {
    if (!(error instanceof GridError)) throw error
    ports.log.warn('action.unannounced', { actionId: announced.order.id, error })
    return `${error.code}: ${error.message}`
  }
}

function triggerEvent({ order, plan, node }: Announced): FailoverEvent | null {
  const common = {
    type: 'Normal',
    reason: order.dry_run ? 'DryRunFailoverActionTriggered' : 'FailoverActionTriggered',
    message: `Failover action triggered: ${order.type}: ${order.reason}`.slice(0, messageCharactersMax),
  } as const
  if (plan.jobset !== null) return { kind: 'JobSet', ...plan.jobset, ...common }
  return node && { kind: 'Node', name: node.name, uid: node.uid, ...common }
}
