import { isDeepStrictEqual } from 'node:util'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import { type Asker, asJson, type GuardPorts } from '../cluster/guard-document.ts'
import { GridError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { currentMetrics } from '../metrics/current-metrics.ts'
import { type PreCheck, preCheck } from '../policy/pre-check.ts'
import type { Needs } from '../ports.ts'
import { type ActionOrder, ActionPlan, type Check } from './action.ts'

/** A question to both policies about an action. */
export interface PlanQuestion extends Asker {
  stored: StoredCluster
  order: ActionOrder
  plan: ActionPlan
  checks: readonly Check[]
  isAtomic: boolean
  taskId: string | null
}

/** What guarding a plan needs. */
export type PlanGuardPorts = GuardPorts & Needs<'summaries' | 'clock'>

/**
 * Asks both policies, which see the whole plan. They may narrow it by returning fewer `plan.nodes` (spec/decisions.md 39).
 * @throws {GridError} `pre_check.denied` and the other codes of `preCheck`; `policy.bad_verdict` for any other change
 */
export async function guardPlan(ports: PlanGuardPorts, question: PlanQuestion): Promise<ActionPlan> {
  const { input } = await preCheck(ports, await planCheck(ports, question))
  return acceptPlan(question, input.plan)
}

/** What the policies on `failover_action` are asked. */
export async function planCheck(ports: Needs<'summaries' | 'clock'>, question: PlanQuestion): Promise<PreCheck> {
  const { stored, order, plan, checks, caller, requestId, taskId } = question
  const input: JsonObject = {
    action: order,
    plan,
    checks: [...checks],
    cluster_data: asJson(stored.cluster),
    cluster_metrics: await currentMetrics(ports, stored.cluster.id),
  }
  const accept = (returned: JsonObject): void => void acceptPlan(question, returned.plan)
  return { action: 'failover_action', cluster: stored.cluster, caller, requestId, taskId, input, accept }
}

/** The plan that a policy returned. @throws {GridError} `policy.bad_verdict` */
function acceptPlan({ plan, isAtomic }: PlanQuestion, returned: Json | undefined): ActionPlan {
  if (returned === plan) return plan
  const parsed = ActionPlan.safeParse(returned)
  if (!parsed.success) throw bad('the policy returned no plan')
  const narrowed = parsed.data
  const known = new Map(plan.nodes.map((node) => [node.name, node]))
  if (!narrowed.nodes.every((node) => isDeepStrictEqual(node, known.get(node.name))))
    throw bad('the policy named nodes that were not in the plan')
  if (new Set(narrowed.nodes.map(({ name }) => name)).size < narrowed.nodes.length)
    throw bad('the policy named a node twice')
  if (isAtomic && narrowed.nodes.length < plan.nodes.length)
    throw bad('the policy cut a slice that comes and goes whole')
  if (!isDeepStrictEqual({ ...narrowed, nodes: [] }, { ...plan, nodes: [] }))
    throw bad('the policy changed more than the list of nodes')
  const repaired = plan.instance?.node_name
  if (known.has(repaired ?? '') && !narrowed.nodes.some(({ name }) => name === repaired))
    throw bad('the policy left out the node that is to be repaired')
  return narrowed
}

const bad = (why: string): GridError => new GridError('policy.bad_verdict', why)
