import { isDeepStrictEqual } from 'node:util'
import { inScope } from '../caller.ts'
import type { Asker } from '../cluster/guard-document.ts'
import { type ErrorCode, GridError } from '../errors.ts'
import type { GuardVerdict } from '../failover/guard-action.ts'
import type { FailoverMode } from '../failover/settings.ts'
import { type LevelAnswer, tryPreCheck } from '../policy/try-pre-check.ts'
import type { Needs, ReportPort } from '../ports.ts'
import { launchTask } from '../task/start-task.ts'
import { TaskId } from '../task/task.ts'
import type { ActionOrder, ActionRecord, Check } from './action.ts'
import type { StoredAction } from './action-store.ts'
import { announceAction } from './announce-action.ts'
import { checkPlan, failedChecks } from './check-plan.ts'
import { surveyTarget } from './controller-failover.ts'
import { type Draft, isForced, newAction, nodesOf, workOf } from './draft-action.ts'
import { findFailoverCluster } from './find-failover-cluster.ts'
import { guardPlan, type PlanGuardPorts, type PlanQuestion, planCheck } from './guard-plan.ts'
import { type Judged, type JudgePorts, judgeBudgets } from './judge-budgets.ts'
import { planAction } from './plan-action.ts'
import { reportAction } from './report-action.ts'

export type RequestPorts = Needs<'actions' | 'clusters' | 'controllers' | 'workflows' | ReportPort> &
  JudgePorts &
  PlanGuardPorts

/** Times an order is decided anew because others began something in between. */
const attemptsMax = 8

/** Conflicts after which everything is read again: another request with this id, or with a share of the budget, came first. */
const lostRaces: ReadonlySet<ErrorCode> = new Set(['action.exists', 'budget.changed', 'failover.changed'])

/**
 * Starts a failover action: looks at the target, plans, checks, counts, asks the policies, then puts action, task, locks and
 * what it uses up in one transaction. The same id with the same content gives the same record and has no second effect, but
 * for an action that was refused before anything was done: that one is tried anew (spec/decisions.md 28).
 * @param alarm the mode of the rule that an alarm met; null where somebody asks explicitly
 * @returns the action: over where it was a dry run, observed or deferred, else accepted
 * @throws {GridError} with `details.action_id`: `action.cluster_required`, `cluster.not_found`, `cluster.no_controller`, the
 *   `*.not_found` of the target, `action.id_reused`, `action.in_flight`, `action.node_required`, `action.preflight_failed`,
 *   `budget.exhausted` and what else `guardAction` refuses by, what the policies say, what the controller says
 */
export async function requestAction(
  ports: RequestPorts,
  order: ActionOrder,
  asker: Asker,
  alarm: { mode: FailoverMode } | null,
): Promise<StoredAction> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await decide(ports, order, asker, alarm)
    } catch (error) {
      if (!(error instanceof GridError)) throw error
      if (attempt === attemptsMax || !lostRaces.has(error.code)) throw named(error, order)
      await ports.clusters.standBack(attempt)
    }
  }
}

/** The same failure, with the id that old clients look for in every reply. */
function named(error: GridError, { id }: ActionOrder): GridError {
  const { code, message, details, retryAfterSeconds, headers, status } = error
  return new GridError(code, message, {
    cause: error,
    details: { ...details, action_id: id },
    headers,
    status,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
}

async function decide(
  ports: RequestPorts,
  order: ActionOrder,
  asker: Asker,
  alarm: { mode: FailoverMode } | null,
): Promise<StoredAction> {
  const before = await ports.actions.find(order.id)
  if (before !== null) refuseOther(before, order, asker)
  if (before !== null && before.record.state !== 'refused') return before

  const { stored, settings } = await findFailoverCluster(ports, order.cluster_id, asker.caller)
  const survey = await surveyTarget(ports, stored, order, settings.pool_label)
  const plan = planAction(order, survey)
  const draft: Draft = {
    ...{ order, asker, alarm, stored, survey, plan, before },
    settings,
    checks: checkPlan(order, survey, plan, { isAutomatic: alarm !== null, providers: settings.providers }),
    taskId: TaskId.parse(ports.ids.next()),
  }
  const judged = await judgeBudgets(ports, draft)
  const counted = { ...draft, checks: [...draft.checks, ...judged.verdict.checks] }
  return order.dry_run ? rehearse(ports, counted) : start(ports, counted, judged, failedChecks(draft.checks))
}

/** @throws {GridError} `action.id_reused` */
function refuseOther({ order, record }: StoredAction, asked: ActionOrder, { caller }: Asker): void {
  if (isDeepStrictEqual(order, asked) && inScope(caller, record.cluster_id)) return
  throw new GridError('action.id_reused', `the id ${asked.id} was used for another action; choose a new one`)
}

/** A dry run ends here: nothing is changed, and everything that would have been looked at is told. */
async function rehearse(ports: RequestPorts, draft: Draft): Promise<StoredAction> {
  const asked = await askRehearsed(ports, draft)
  const action = await put(ports, { ...draft, checks: [...draft.checks, asked] }, { state: 'succeeded' })
  await announceAction(ports, draft.stored, draft.taskId, { ...draft, node: draft.plan.nodes[0] ?? null })
  return action
}

async function askRehearsed(ports: RequestPorts, draft: Draft): Promise<Check> {
  const { network, cluster } = await tryPreCheck(ports, await planCheck(ports, await question(ports, draft)))
  const denial = [network, cluster].find((level): level is LevelAnswer & { allowed: false } => level?.allowed === false)
  return { name: 'policies', severity: 'block', ok: !denial, detail: denial?.reason ?? 'holds' }
}

async function start(
  ports: RequestPorts,
  draft: Draft,
  judged: Judged,
  failed: readonly Check[],
): Promise<StoredAction> {
  const { verdict } = judged
  if (verdict.kind === 'observe' || verdict.kind === 'defer')
    return put(ports, draft, { state: verdict.kind === 'observe' ? 'observed' : 'deferred', error: verdict.detail })
  try {
    if (failed.length > 0 && !isForced(draft)) throw checksFailed(failed)
    if (verdict.kind === 'refuse') throw verdict.error
    return await begin(ports, { ...draft, plan: await guardPlan(ports, await question(ports, draft)) }, judged)
  } catch (error) {
    const refusal = error instanceof GridError ? inFlight(error) : null
    if (refusal === null) throw error
    // It holds nothing, and the same id may try again.
    if (!lostRaces.has(refusal.code))
      await put(ports, draft, { state: 'refused', code: refusal.code, error: refusal.message })
    throw refusal
  }
}

async function begin(ports: RequestPorts, draft: Draft, { reading, judge }: Judged): Promise<StoredAction> {
  // Policies may have taken nodes out of the plan, so less is used up.
  const verdict: GuardVerdict = judge(draft.plan)
  if (verdict.kind !== 'go') throw verdict.kind === 'refuse' ? verdict.error : new TypeError(verdict.detail)
  const now = ports.clock.now()
  const action = newAction(draft, { state: 'accepted', taskId: draft.taskId }, now)
  const work = workOf(draft, { next: verdict.next, versions: reading.versions }, now)
  await ports.actions.begin(action, nodesOf(draft), work, draft.before)
  await launchTask(ports, work.task)
  const { taskId, order, stored } = draft
  ports.log.info('action.accepted', { actionId: order.id, taskId, clusterId: stored.cluster.id })
  await reportAction(ports, action)
  return action
}

/** Puts an action that is over as it begins. */
async function put(
  ports: RequestPorts,
  draft: Draft,
  verdict: Pick<ActionRecord, 'state' | 'code' | 'error'>,
): Promise<StoredAction> {
  const action = newAction(draft, { ...verdict, taskId: null }, ports.clock.now())
  await ports.actions.begin(action, nodesOf(draft), null, draft.before)
  await reportAction(ports, action)
  return action
}

const question = async (ports: Needs<'clusters'>, draft: Draft): Promise<PlanQuestion> => ({
  ...draft.asker,
  ...{ order: draft.order, plan: draft.plan, checks: draft.checks, taskId: draft.taskId },
  stored: (await ports.clusters.find(draft.stored.cluster.id)) ?? draft.stored,
  isAtomic: draft.survey.is_atomic,
})

/** The checks stay on the record, also where `force` goes past them. */
function checksFailed(checks: readonly Check[]): GridError {
  const said = checks.map(({ name, detail }) => `${name} (${detail})`).join('; ')
  return new GridError('action.preflight_failed', `checks that stop the action: ${said}`, { details: { checks } })
}

/** A lock that another task holds, told in words of actions. */
function inFlight(error: GridError): GridError {
  if (error.code !== 'task.running') return error
  return new GridError('action.in_flight', `${error.message}; wait for its end`, {
    cause: error,
    headers: error.headers,
    ...(error.details ? { details: error.details } : {}),
  })
}
