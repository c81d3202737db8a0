import { GridError } from '../errors.ts'
import { keepWaiting, waitedSeconds } from '../task/keep-waiting.ts'
import { remember } from '../task/remember.ts'
import { taskStep } from '../task/task-step.ts'
import type { StoredTask } from '../task/task-store.ts'
import type { ActionNode } from './action.ts'
import { ActionMemo, type ActionWork } from './action-work.ts'
import { announceToAll } from './announce-action.ts'
import { changeAction } from './change-action.ts'
import { checkPlan, failedChecks } from './check-plan.ts'
import {
  cordonNodes as cordon,
  evictLeaders,
  type NodeOutcome,
  proveRestart,
  surveyTarget,
  uncordonNodes,
} from './controller-failover.ts'
import { waitOrEscalate } from './escalate.ts'
import { actorOf, type FreezePorts, noteNodes, open, requireNoFreeze, type StepPorts } from './step-parts.ts'

/** How long budgets may hold the leaders, and how long the JobSet may take to restart, in seconds. */
const evictionSecondsMax = 120
const restartSecondsMax = 600
/** Most names that a step's detail lists. */
const namedMax = 10

/**
 * First step: looks again, now that the locks are held, whether the nodes are still the ones that were planned and nothing
 * stops the action (spec/decisions.md 30).
 * @throws {GridError} `action.preflight_failed`, `failover.frozen`
 */
export async function preflight(ports: StepPorts & FreezePorts, work: ActionWork): Promise<ActionWork> {
  return taskStep(ports, work, 'Preflight', async () => {
    const { stored, action, nodes } = await open(ports, work)
    await changeAction(ports, work.actionId, { state: 'running' })
    await requireNoFreeze(ports, action)
    const { order, record, isAutomatic, isForced } = action
    const survey = await surveyTarget(ports, stored, order, record.plan.pool_label)
    const uids = new Set(survey.nodes.map(({ uid }) => uid))
    const gone = nodes.filter(({ uid }) => !uids.has(uid))
    if (gone.length > 0) throw stopped(`nodes of the plan are gone: ${nameSome(gone)}`)
    const { value: settings } = await ports.failoverSettings.find(action.record.cluster_id)
    const options = { isAutomatic, providers: settings.providers }
    const failed = failedChecks(checkPlan(order, survey, { ...record.plan, nodes }, options))
    if (failed.length > 0 && !isForced) throw stopped(failed.map(({ name, detail }) => `${name}: ${detail}`).join('; '))
    return { detail: `${nodes.length} nodes` }
  })
}

const stopped = (why: string): GridError => new GridError('action.preflight_failed', why)

/** Says in Kubernetes that the action begins. That it could not be recorded is told, and stops nothing. */
export async function announce(ports: StepPorts, work: ActionWork): Promise<ActionWork> {
  return taskStep(ports, work, 'Announce', async () => {
    const { stored, action, nodes } = await open(ports, work)
    const missed = await announceToAll(ports, stored, action, nodes)
    return missed === null ? {} : { detail: `no event: ${missed}` }
  })
}

/**
 * Keeps new pods off the pool, under this action's mark; cordons that are there stay whose they are.
 * @throws {GridError} `action.cordon_incomplete` naming what is not cordoned
 */
export async function cordonPool(ports: StepPorts, work: ActionWork): Promise<ActionWork> {
  return taskStep(ports, work, 'CordonPool', async (task) => {
    const { stored, action, nodes } = await open(ports, work)
    await remember<ActionMemo>(ports, work.taskId, { isCordoned: true })
    const outcomes = await cordon(ports, stored, actorOf(work, task), action.record.plan, nodes)
    await noteNodes(ports, action, nodes, outcomes)
    const missing = outcomes.filter(({ unschedulable, outcome }) => !unschedulable && outcome !== 'gone')
    if (missing.length > 0)
      throw new GridError(
        'action.cordon_incomplete',
        `not cordoned: ${missing.slice(0, namedMax).map(tell).join(', ')}`,
      )
    return { detail: countOf(outcomes) }
  })
}

/**
 * Evicts the leaders, so that their Jobs fail and the JobSet restarts. The definition asks again while budgets hold them.
 * @throws {GridError} `action.evictions_blocked` once the time is over; `failover.frozen`
 */
export async function restartJobSet(ports: StepPorts & FreezePorts, work: ActionWork): Promise<ActionWork> {
  return taskStep(ports, work, 'RestartJobSet', async (task) => {
    const { stored, action } = await open(ports, work)
    await requireNoFreeze(ports, action)
    const pods = await evictLeaders(ports, stored, actorOf(work, task), action.record.plan)
    const held = pods.filter(({ outcome }) => outcome !== 'evicted' && outcome !== 'gone')
    if (held.length === 0) return { detail: `${pods.length} leaders evicted`, state: { isReady: true } }
    const waited = waitedSeconds(task.task, 'RestartJobSet', ports.clock.now())
    return keepWaiting(
      { waited, secondsMax: evictionSecondsMax, code: 'action.evictions_blocked', missing: 'leaders not evicted' },
      held.map(({ name, detail }) => `${name} (${detail ?? 'held'})`).join(', '),
    )
  })
}

/**
 * Waits until the JobSet proves that it restarted (spec/decisions.md 30).
 * @throws {GridError} `action.not_restarted` once the time is over
 */
export async function proveRestarted(ports: StepPorts, work: ActionWork): Promise<ActionWork> {
  return taskStep(ports, work, 'ProveRestarted', async (task) => {
    const { stored, action } = await open(ports, work)
    const before = ActionMemo.parse(task.memo).restartsBefore ?? 0
    const { has_restarted, pods_ready, detail } = await proveRestart(ports, stored, action.record.plan, before)
    const said = `${detail}; ${pods_ready.ready} of ${pods_ready.total} pods are ready`
    if (has_restarted) return { detail: said, state: { isReady: true, escalates: false } }
    const waited = waitedSeconds(task.task, 'ProveRestarted', ports.clock.now())
    const waiting = { waited, code: 'action.not_restarted', missing: 'no restart' } as const
    return waitOrEscalate({ ...waiting, secondsMax: restartSecondsMax }, said, work.rungs)
  })
}

/** Lets new pods in again where an action's mark kept them away; a person's cordon, and one on hold, stays. */
export async function uncordonPool(ports: StepPorts, work: ActionWork): Promise<ActionWork> {
  return taskStep(ports, work, 'UncordonPool', async (task) => {
    const { stored, action, nodes } = await open(ports, work)
    const outcomes: NodeOutcome[] = []
    const held = action.order.type === 'uncordon_nodepool' ? byHolder(nodes) : new Map([[work.taskId, nodes]])
    for (const [holder, group] of held)
      outcomes.push(
        ...(await uncordonNodes(ports, stored, { ...actorOf(work, task), action: holder }, action.record.plan, group)),
      )
    await noteNodes(ports, action, nodes, outcomes)
    const failed = outcomes.filter(({ outcome }) => outcome === 'failed')
    if (failed.length > 0)
      throw new GridError('kube.failed', `not uncordoned: ${failed.slice(0, namedMax).map(tell).join(', ')}`)
    await remember<ActionMemo>(ports, work.taskId, { isUncordoned: true })
    return { detail: countOf(outcomes) || 'no node carries a mark of ours' }
  })
}

/** Undo: takes back the cordons that this action set, and no other. */
export async function undoCordons(ports: StepPorts, work: ActionWork): Promise<ActionWork> {
  const options = { evenIfCancelled: true }
  const undo = async (task: StoredTask) => {
    if (!ActionMemo.parse(task.memo).isCordoned) return { detail: 'nothing was cordoned' }
    const { stored, action, nodes } = await open(ports, work)
    const outcomes = await uncordonNodes(ports, stored, actorOf(work, task), action.record.plan, nodes)
    await noteNodes(ports, action, nodes, outcomes)
    const failed = outcomes.filter(({ outcome }) => outcome === 'failed')
    if (failed.length > 0)
      throw new GridError('kube.failed', `still cordoned: ${failed.slice(0, namedMax).map(tell).join(', ')}`)
    await remember<ActionMemo>(ports, work.taskId, { isUncordoned: true })
    return { detail: countOf(outcomes) }
  }
  return taskStep(ports, work, 'UndoCordons', undo, options)
}

/** Nodes by the mark on their cordon; those without one are nobody's of us. */
function byHolder(nodes: readonly ActionNode[]): Map<string, ActionNode[]> {
  const held = nodes.filter(({ before }) => before.cordoned_by !== null)
  return Map.groupBy(held, ({ before }) => before.cordoned_by ?? '')
}

const tell = ({ name, outcome, detail }: NodeOutcome): string => `${name} (${detail ?? outcome})`

/** Such as `3 cordoned, 1 already_cordoned`. */
const countOf = (outcomes: readonly NodeOutcome[]): string =>
  [...Map.groupBy(outcomes, ({ outcome }) => outcome)].map(([outcome, all]) => `${all.length} ${outcome}`).join(', ')

function nameSome(nodes: readonly { name: string }[]): string {
  const more = nodes.length > namedMax ? ` and ${nodes.length - namedMax} more` : ''
  return `${nodes
    .slice(0, namedMax)
    .map(({ name }) => name)
    .join(', ')}${more}`
}
