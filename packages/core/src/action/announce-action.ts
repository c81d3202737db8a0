import type { StoredCluster } from '../cluster/cluster-store.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { TaskId } from '../task/task.ts'
import { type ActionNode, type ActionOrder, type ActionState, isOver, type PlanOutline } from './action.ts'
import type { StoredAction } from './action-store.ts'
import { type FailoverEvent, recordEvents } from './controller-failover.ts'

/** Longest message of a Kubernetes Event, in characters. */
const messageCharactersMax = 1024
/** Most events that a controller takes in one call. */
const eventsMax = 500

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
  return record(ports, stored, taskId, [event])
}

/**
 * Records that an action begins, or how it ended, on the JobSet and on each node that it touches (spec/decisions.md 32). With
 * the beginning comes the original's own event.
 * @returns why it could not be recorded, or null
 */
export async function announceToAll(
  ports: Needs<'controllers' | 'log'>,
  stored: StoredCluster,
  { order, record: { plan, identity, state, code, task_id } }: StoredAction,
  nodes: readonly Pick<ActionNode, 'name' | 'uid'>[],
): Promise<string | null> {
  const { type, reason } = isReported(state) ? reasons[state] : reasons.failed
  const said = `${order.type}, action ${order.id} by ${identity}`
  const about = isOver(state) ? `ended ${state}${code ? `: ${code}` : ''}` : `begins: ${order.reason}`
  const common = { type, reason, message: `${said} ${about}`.slice(0, messageCharactersMax) }
  const own: FailoverEvent[] = [
    ...(plan.jobset === null ? [] : [{ kind: 'JobSet' as const, ...plan.jobset, ...common }]),
    ...nodes.map(({ name, uid }) => ({ kind: 'Node' as const, name, uid, ...common })),
  ]
  const first = nodes.find(({ name }) => name === order.node_name) ?? nodes[0] ?? null
  const trigger = isOver(state) ? null : triggerEvent({ order, plan, node: first })
  return task_id && record(ports, stored, task_id, trigger === null ? own : [trigger, ...own])
}

const reasons = {
  running: { type: 'Normal', reason: 'FailoverStarted' },
  succeeded: { type: 'Normal', reason: 'FailoverSucceeded' },
  cancelled: { type: 'Normal', reason: 'FailoverCancelled' },
  timed_out: { type: 'Warning', reason: 'FailoverTimedOut' },
  failed: { type: 'Warning', reason: 'FailoverFailed' },
} as const satisfies Partial<Record<ActionState, Pick<FailoverEvent, 'type' | 'reason'>>>

const isReported = (state: ActionState): state is keyof typeof reasons => Object.hasOwn(reasons, state)

async function record(
  ports: Needs<'controllers' | 'log'>,
  stored: StoredCluster,
  taskId: TaskId,
  events: readonly FailoverEvent[],
): Promise<string | null> {
  try {
    for (let from = 0; from < events.length; from += eventsMax)
      await recordEvents(ports, stored, taskId, events.slice(from, from + eventsMax))
    return null
  } catch (error) {
    if (!(error instanceof GridError)) throw error
    ports.log.warn('action.unannounced', { taskId, error })
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
