import { isDeepStrictEqual } from 'node:util'
import { inScope } from '../caller.ts'
import type { Asker } from '../cluster/guard-document.ts'
import { GridError } from '../errors.ts'
import { type LevelAnswer, tryPreCheck } from '../policy/try-pre-check.ts'
import type { Needs } from '../ports.ts'
import { launchTask } from '../task/start-task.ts'
import { TaskId } from '../task/task.ts'
import type { ActionOrder, ActionPlan, Check } from './action.ts'
import type { StoredAction } from './action-store.ts'
import { announceAction } from './announce-action.ts'
import { checkPlan, failedChecks } from './check-plan.ts'
import { surveyTarget } from './controller-failover.ts'
import { type Draft, newAction, nodesOf, workOf } from './draft-action.ts'
import { findFailoverCluster } from './find-failover-cluster.ts'
import { guardPlan, type PlanGuardPorts, type PlanQuestion, planCheck } from './guard-plan.ts'
import { planAction } from './plan-action.ts'

type RequestPorts = Needs<'actions' | 'clusters' | 'controllers' | 'tasks' | 'workflows'> & PlanGuardPorts

/**
 * Starts a failover action: looks at the target, plans, checks, asks the policies, then puts action, task and locks in one
 * transaction. The same id with the same content gives the same record and has no second effect, but for an action that was
 * refused before anything was done: that one is tried anew (spec/decisions.md 28).
 * @returns the action: over where it was a dry run, else accepted
 * @throws {GridError} with `details.action_id`: `action.cluster_required`, `cluster.not_found`, `cluster.no_controller`, the
 *   `*.not_found` of the target, `action.id_reused`, `action.in_flight`, `action.node_required`, `action.preflight_failed`,
 *   what the policies say, what the controller says
 */
export async function requestAction(
  ports: RequestPorts,
  order: ActionOrder,
  asker: Asker,
  isAutomatic: boolean,
): Promise<StoredAction> {
  try {
    return await decide(ports, order, asker, isAutomatic).catch(async (error: unknown) => {
      // Another request with this id came first: it is the answer, or this one's content is refused.
      if (error instanceof GridError && error.code === 'action.exists') return decide(ports, order, asker, isAutomatic)
      throw error
    })
  } catch (error) {
    throw error instanceof GridError ? named(error, order) : error
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
  isAutomatic: boolean,
): Promise<StoredAction> {
  const before = await ports.actions.find(order.id)
  if (before !== null) refuseOther(before, order, asker)
  if (before !== null && before.record.state !== 'refused') return before

  const stored = await findFailoverCluster(ports, order.cluster_id, asker.caller)
  const survey = await surveyTarget(ports, stored, order, null)
  const plan = planAction(order, survey)
  const draft: Draft = {
    ...{ order, asker, isAutomatic, stored, survey, plan, before },
    checks: checkPlan(order, survey, plan, isAutomatic),
    taskId: TaskId.parse(ports.ids.next()),
  }
  return order.dry_run ? rehearse(ports, draft) : start(ports, draft)
}

/** @throws {GridError} `action.id_reused` */
function refuseOther({ order, record }: StoredAction, asked: ActionOrder, { caller }: Asker): void {
  if (isDeepStrictEqual(order, asked) && inScope(caller, record.cluster_id)) return
  throw new GridError('action.id_reused', `the id ${asked.id} was used for another action; choose a new one`)
}

/** A dry run ends here: nothing is changed, and everything that would have been looked at is told. */
async function rehearse(ports: RequestPorts, draft: Draft): Promise<StoredAction> {
  const asked = await askRehearsed(ports, draft)
  const action = newAction(
    { ...draft, checks: [...draft.checks, asked] },
    { state: 'succeeded', taskId: null },
    ports.clock.now(),
  )
  await ports.actions.begin(action, nodesOf(draft), null, draft.before)
  await announceAction(ports, draft.stored, draft.taskId, { ...draft, node: draft.plan.nodes[0] ?? null })
  return action
}

async function askRehearsed(ports: RequestPorts, draft: Draft): Promise<Check> {
  const { network, cluster } = await tryPreCheck(ports, await planCheck(ports, await question(ports, draft)))
  const denial = [network, cluster].find((level): level is LevelAnswer & { allowed: false } => level?.allowed === false)
  return { name: 'policies', severity: 'block', ok: !denial, detail: denial?.reason ?? 'holds' }
}

async function start(ports: RequestPorts, draft: Draft): Promise<StoredAction> {
  let plan: ActionPlan
  try {
    requireChecks(draft)
    plan = await guardPlan(ports, await question(ports, draft))
  } catch (error) {
    if (error instanceof GridError) await recordRefusal(ports, draft, error)
    throw error
  }
  const narrowed = { ...draft, plan }
  const action = newAction(narrowed, { state: 'accepted', taskId: draft.taskId }, ports.clock.now())
  const work = workOf(narrowed, ports.clock.now())
  try {
    await ports.actions.begin(action, nodesOf(narrowed), work, draft.before)
  } catch (error) {
    throw await explain(ports, draft, error)
  }
  await launchTask(ports, work.task)
  ports.log.info('action.accepted', {
    actionId: draft.order.id,
    taskId: draft.taskId,
    clusterId: draft.stored.cluster.id,
  })
  return action
}

const question = async (ports: Needs<'clusters'>, draft: Draft): Promise<PlanQuestion> => ({
  ...draft.asker,
  ...{ order: draft.order, plan: draft.plan, checks: draft.checks, taskId: draft.taskId },
  stored: (await ports.clusters.find(draft.stored.cluster.id)) ?? draft.stored,
  isAtomic: draft.survey.is_atomic,
})

/** A network admin's `force` goes past failed checks; they stay on the record (spec/failover.md §16.7). */
function requireChecks({ order, asker, checks }: Draft): void {
  const failed = failedChecks(checks)
  if (failed.length === 0 || (order.force && asker.caller.role === 'network-admin')) return
  const said = failed.map(({ name, detail }) => `${name} (${detail})`).join('; ')
  throw new GridError('action.preflight_failed', `checks that stop the action: ${said}`, {
    details: { checks: failed },
  })
}

/** A lock that another task holds, told in words of actions. */
async function explain(ports: RequestPorts, draft: Draft, error: unknown): Promise<unknown> {
  if (!(error instanceof GridError) || error.code !== 'task.running') return error
  const refusal = new GridError('action.in_flight', `${error.message}; wait for its end`, {
    cause: error,
    headers: error.headers,
    ...(error.details ? { details: error.details } : {}),
  })
  await recordRefusal(ports, draft, refusal)
  return refusal
}

/** Keeps what was refused for whoever looks at the list. It holds nothing: the same id may try again. */
async function recordRefusal(ports: RequestPorts, draft: Draft, { code, message }: GridError): Promise<void> {
  const action = newAction(draft, { state: 'refused', taskId: null, code, error: message }, ports.clock.now())
  await ports.actions.begin(action, nodesOf(draft), null, draft.before)
}
