import type { ActionId, ActionOrder, ActionState } from '../action/action.ts'
import { clusterNotFound } from '../cluster/read-cluster.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { ActionDesk, AlarmAsker } from './action-desk.ts'
import type { AlarmEvent } from './alarm-event.ts'
import { type FailoverRule, wholeTarget } from './failover-rule.ts'
import { findNodeName } from './find-node-name.ts'
import type { AlarmOutcome } from './stored-alarm.ts'

/** Longest reason of an action, in characters. */
const reasonCharactersMax = 500

/** What came of asking for an action. */
export type Carried = Pick<AlarmOutcome, 'verdict' | 'action_state' | 'code' | 'detail'> & {
  /** Nobody could say yes or no: it is to be asked for again. */
  isUnclear: boolean
}

/** Asks for the action of an incident. A refusal is an outcome, not a failure: asking again would not change it. */
export async function carryOut<P extends Needs<'clusters' | 'controllers' | 'log'>>(
  ports: P,
  given: { rule: FailoverRule; target: string; event: AlarmEvent; actionId: ActionId },
  desk: ActionDesk<P>,
): Promise<Carried> {
  const { rule, event, actionId } = given
  try {
    const { state } = await desk.act(ports, await orderOf(ports, given), askerOf(rule, event))
    ports.log.info('alarm.acted', { rule: rule.name, eventId: event.event_id, actionId, state })
    return { verdict: verdictOf(state), action_state: state, code: null, detail: null, isUnclear: false }
  } catch (error) {
    const known = error instanceof GridError ? error : new GridError('internal', 'the action met an unforeseen failure')
    ports.log.warn('alarm.not_acted', { rule: rule.name, eventId: event.event_id, actionId, code: known.code, error })
    const isUnclear = known.status >= 500
    const verdict = isUnclear ? 'failed' : 'refused'
    return { verdict, action_state: null, code: known.code, detail: known.message, isUnclear }
  }
}

const verdictOf = (state: ActionState): AlarmOutcome['verdict'] =>
  state === 'observed' ? 'observed' : state === 'refused' || state === 'deferred' ? 'refused' : 'acted'

async function orderOf(
  ports: Needs<'clusters' | 'controllers'>,
  { rule, target, event, actionId }: { rule: FailoverRule; target: string; event: AlarmEvent; actionId: ActionId },
): Promise<ActionOrder> {
  return {
    id: actionId,
    type: rule.type,
    requestor: `failover rule ${rule.name}`,
    reason: `alarm ${event.alarm_name}: ${event.title ?? event.state}`.slice(0, reasonCharactersMax),
    dry_run: false,
    cluster_id: rule.cluster_id,
    namespace: rule.namespace,
    jobset_name: rule.jobset_name ?? null,
    node_pool: rule.node_pool ?? null,
    node_name: target === wholeTarget ? null : await nodeNameOf(ports, rule, target),
    // A pool with a lost node is what alarms are about, so its size is no reason to leave it alone.
    preflight_checks: { expected_node_counts: false },
    force: false,
    ladder: [],
    uncordon_when_verified: null,
  }
}

async function nodeNameOf(
  ports: Needs<'clusters' | 'controllers'>,
  rule: FailoverRule,
  target: string,
): Promise<string> {
  const stored = await ports.clusters.findOutline(rule.cluster_id)
  if (!stored) throw clusterNotFound(rule.cluster_id)
  return findNodeName(ports, stored, target)
}

/** A rule speaks for its own cluster alone. */
const askerOf = (rule: FailoverRule, event: AlarmEvent): AlarmAsker => ({
  caller: { id: `rule:${rule.name}`, role: 'service', clusters: [rule.cluster_id] },
  requestId: null,
  automatic: { rule: rule.name, mode: rule.mode === 'act' ? 'act' : 'observe', event_id: event.event_id },
})
