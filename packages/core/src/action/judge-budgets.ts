import { type GuardedAction, type GuardReading, type GuardVerdict, guardAction } from '../failover/guard-action.ts'
import { readGuard } from '../failover/read-guard.ts'
import { tripBreaker } from '../failover/update-network.ts'
import type { Needs } from '../ports.ts'
import type { ActionPlan } from './action.ts'
import type { Draft } from './draft-action.ts'

export type JudgePorts = Needs<'failoverSettings' | 'histories' | 'calendar' | 'tasks' | 'clock' | 'log'>

/** A verdict by budgets, freeze and modes, and how to ask for the one on another plan by what was read for this one. */
export interface Judged {
  reading: GuardReading
  verdict: GuardVerdict
  judge(plan: ActionPlan): GuardVerdict
}

/** Holds an action against everything that is counted; a breaker that it trips is tripped whatever the verdict. */
export async function judgeBudgets(ports: JudgePorts, draft: Draft): Promise<Judged> {
  const { taskId, order, stored, survey, asker, alarm } = draft
  const reading = await readGuard(ports, stored.cluster.id)
  const asked: Omit<GuardedAction, 'plan'> = {
    ...{ action: taskId, clusterId: stored.cluster.id, order, survey, alarm },
    role: asker.caller.role,
  }
  const judge = (plan: ActionPlan): GuardVerdict => guardAction(reading, { ...asked, plan })
  const verdict = judge(draft.plan)
  if (verdict.breaker !== null && !order.dry_run) await tripBreaker(ports, verdict.breaker)
  return { reading, verdict, judge }
}
