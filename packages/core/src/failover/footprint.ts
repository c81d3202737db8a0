import { type ActionPlan, type ActionType, type AskedWork, effectsOf, repairsOf } from '../action/action.ts'
import type { Survey, SurveyNode } from '../action/survey.ts'
import type { ClusterId } from '../cluster/cluster.ts'
import type { TaskId } from '../task/task.ts'

/** An action as far as budgets are concerned. */
export interface Footprint {
  action: TaskId
  type: ActionType
  clusterId: ClusterId
  isAutomatic: boolean
  pool: string | null
  jobset: string | null
  /** Nodes of the pool that budgets count: those with accelerators, or all of a pool that has none. */
  counted: readonly SurveyNode[]
  /** Those of them that it takes out of service, if they are not out already. */
  targets: ReadonlySet<string>
  /** Accelerator nodes that it cordons. */
  cordons: number
  /** The node that it repairs, once for each step of the ladder; of an atomic slice the one that brings all of it back. */
  repairs: readonly string[]
  isAtomic: boolean
}

interface Asked {
  action: TaskId
  order: AskedWork
  clusterId: ClusterId
  isAutomatic: boolean
  plan: ActionPlan
  survey: Survey
}

/** What an action would use up of the budgets. */
export function footprintOf({ plan, survey, order, ...asked }: Asked): Footprint {
  const { cordons } = effectsOf(order)
  const withAccelerators = survey.nodes.filter(({ accelerators }) => accelerators > 0)
  const counted = withAccelerators.length > 0 ? withAccelerators : survey.nodes
  const cordoned = new Set(cordons ? plan.nodes.map(({ name }) => name) : [])
  const { instance } = plan
  const repaired = instance === null ? [] : repairsOf(order).map(() => instance.node_name)
  const lost = repaired.length > 0 && survey.is_atomic ? survey.nodes.map(({ name }) => name) : repaired
  const { jobset } = plan
  return {
    ...asked,
    type: order.type,
    pool: plan.pool,
    jobset: jobset && `${jobset.namespace}/${jobset.name}`,
    counted,
    targets: new Set([...cordoned, ...lost]),
    cordons: withAccelerators.filter(({ name }) => cordoned.has(name)).length,
    repairs: repaired,
    isAtomic: survey.is_atomic,
  }
}
