import { GridError } from '../errors.ts'
import { type ActionOrder, type ActionPlan, effectsOf } from './action.ts'
import type { Survey, SurveyNode } from './survey.ts'

/**
 * What the order means for what the survey saw (spec/failover.md §5, spec/decisions.md 31). Naming one node still means its
 * whole pool, as in the original, but for the repair.
 * @throws {GridError} `action.node_required` when no node of the pool is the obvious one to repair
 */
export function planAction(order: ActionOrder, survey: Survey): ActionPlan {
  const { cordons, uncordons, restarts, repairs } = effectsOf(order)
  const nodes = cordons || uncordons ? survey.nodes : []
  const { jobset } = survey
  return {
    pool: survey.pool,
    pool_label: survey.pool_label,
    nodes: nodes.map(({ name, uid, provider_id }) => ({ name, uid, provider_id })),
    jobset: jobset && { namespace: jobset.namespace, name: jobset.name, uid: jobset.uid },
    pods: restarts ? podsToEvict(survey) : [],
    instance: repairs ? instanceOf(nodeToRepair(order, survey)) : null,
  }
}

/** The leaders of all child Jobs on the pool; where no pool is meant, one: a single failed Job restarts the JobSet. */
function podsToEvict({ jobset, pool }: Survey): ActionPlan['pods'] {
  const leaders = (jobset?.leaders ?? []).filter(({ is_terminating }) => !is_terminating)
  const chosen = pool === null ? leaders.slice(0, 1) : leaders.filter(({ is_on_pool }) => is_on_pool)
  return chosen.map(({ namespace, name, uid, job }) => ({ namespace, name, uid, job }))
}

function nodeToRepair({ id, node_name }: ActionOrder, { nodes, is_atomic, pool }: Survey): SurveyNode {
  const named = nodes.find(({ name }) => name === node_name)
  if (named) return named
  const [worst] = nodes.filter(({ faults }) => faults.length > 0).sort(byHealth)
  if (worst) return worst
  const [first] = is_atomic ? [...nodes].sort((one, other) => one.name.localeCompare(other.name)) : []
  if (first) return first
  throw new GridError(
    'action.node_required',
    `no node of pool ${pool} looks unhealthy: name the one to repair as node_name`,
    { details: { action_id: id } },
  )
}

/** The unhealthiest first: not ready, then the number of faults, then the name. */
const byHealth = (one: SurveyNode, other: SurveyNode): number =>
  Number(one.ready) - Number(other.ready) ||
  other.faults.length - one.faults.length ||
  one.name.localeCompare(other.name)

const instanceOf = ({ name, uid, provider_id }: SurveyNode): ActionPlan['instance'] => ({
  node_name: name,
  uid,
  provider_id,
})
