import type { StoredCluster } from '../cluster/cluster-store.ts'
import { readCluster } from '../cluster/read-cluster.ts'
import { GridError } from '../errors.ts'
import { activeFreeze } from '../failover/freeze.ts'
import type { Needs } from '../ports.ts'
import { keepWaiting, waitedSeconds } from '../task/keep-waiting.ts'
import { remember } from '../task/remember.ts'
import { taskStep } from '../task/task-step.ts'
import type { StoredTask } from '../task/task-store.ts'
import type { ActionNode } from './action.ts'
import type { StoredAction } from './action-store.ts'
import { ActionMemo, type ActionWork } from './action-work.ts'
import { announceAction } from './announce-action.ts'
import { changeAction } from './change-action.ts'
import { checkPlan, failedChecks } from './check-plan.ts'
import {
  type Actor,
  cordonNodes as cordon,
  evictLeaders,
  type NodeOutcome,
  proveRestart,
  surveyTarget,
  uncordonNodes,
} from './controller-failover.ts'

type StepPorts = Needs<'tasks' | 'actions' | 'clusters' | 'controllers' | 'clock' | 'log'>
type FreezePorts = Needs<'failoverSettings' | 'clock'>

/** How long budgets may hold the leaders, and how long the JobSet may take to restart, in seconds. */
const evictionSecondsMax = 120
const restartSecondsMax = 600
/** Nodes read at once, and most names that a step's detail lists. */
const pageItems = 500
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
    const failed = failedChecks(checkPlan(order, survey, { ...record.plan, nodes }, isAutomatic))
    if (failed.length > 0 && !isForced) throw stopped(failed.map(({ name, detail }) => `${name}: ${detail}`).join('; '))
    return { detail: `${nodes.length} nodes` }
  })
}

/** A freeze that came after the action began stops it before the next destructive step (spec/decisions.md 35). */
async function requireNoFreeze(ports: FreezePorts, { record, isForced }: StoredAction): Promise<void> {
  if (isForced) return
  const now = ports.clock.now()
  const [own, network] = await Promise.all([
    ports.failoverSettings.find(record.cluster_id),
    ports.failoverSettings.findNetwork(),
  ])
  const freeze = activeFreeze(network.value.freeze, now) ?? activeFreeze(own.value.freeze, now)
  if (freeze) throw new GridError('failover.frozen', `failover is frozen until ${freeze.until}: ${freeze.reason}`)
}

const stopped = (why: string): GridError => new GridError('action.preflight_failed', why)

/** Records the original's event. That it could not be recorded is told, and stops nothing. */
export async function announce(ports: StepPorts, work: ActionWork): Promise<ActionWork> {
  return taskStep(ports, work, 'Announce', async () => {
    const { stored, action, nodes } = await open(ports, work)
    const node = nodes.find(({ name }) => name === action.order.node_name) ?? nodes[0] ?? null
    const missed = await announceAction(ports, stored, work.taskId, { ...action, plan: action.record.plan, node })
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
    if (has_restarted) return { detail: said, state: { isReady: true } }
    const waited = waitedSeconds(task.task, 'ProveRestarted', ports.clock.now())
    const waiting = {
      waited,
      secondsMax: restartSecondsMax,
      code: 'action.not_restarted',
      missing: 'no restart',
    } as const
    return keepWaiting(waiting, said)
  })
}

/** Lets new pods in again where an action's mark kept them away; a person's cordon, and one on hold, stays. */
export async function uncordonPool(ports: StepPorts, work: ActionWork): Promise<ActionWork> {
  return taskStep(ports, work, 'UncordonPool', async (task) => {
    const { stored, action, nodes } = await open(ports, work)
    const outcomes: NodeOutcome[] = []
    for (const [holder, held] of byHolder(nodes))
      outcomes.push(
        ...(await uncordonNodes(ports, stored, { ...actorOf(work, task), action: holder }, action.record.plan, held)),
      )
    await noteNodes(ports, action, nodes, outcomes)
    const failed = outcomes.filter(({ outcome }) => outcome === 'failed')
    if (failed.length > 0)
      throw new GridError('kube.failed', `not uncordoned: ${failed.slice(0, namedMax).map(tell).join(', ')}`)
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

async function open(
  ports: Needs<'clusters' | 'actions'>,
  { clusterId, actionId }: ActionWork,
): Promise<{ stored: StoredCluster; action: StoredAction; nodes: ActionNode[] }> {
  const action = await ports.actions.find(actionId)
  if (!action) throw new GridError('action.not_found', `no action ${actionId}`)
  return { stored: await readCluster(ports, clusterId), action, nodes: await allNodes(ports, action) }
}

async function allNodes(ports: Needs<'actions'>, action: StoredAction): Promise<ActionNode[]> {
  const nodes: ActionNode[] = []
  let after: string | null = null
  do {
    const page = await ports.actions.listNodes(action, { after, limit: pageItems })
    nodes.push(...page.items)
    after = page.nextCursor
  } while (after !== null)
  return nodes
}

const actorOf = ({ taskId }: ActionWork, { memo }: StoredTask): Actor => ({
  action: taskId,
  fence: ActionMemo.parse(memo).fence,
})

/** Nodes by the mark on their cordon; those without one are nobody's of us. */
function byHolder(nodes: readonly ActionNode[]): Map<string, ActionNode[]> {
  const held = nodes.filter(({ before }) => before.cordoned_by !== null)
  return Map.groupBy(held, ({ before }) => before.cordoned_by ?? '')
}

async function noteNodes(
  ports: Needs<'actions'>,
  action: StoredAction,
  nodes: readonly ActionNode[],
  outcomes: readonly NodeOutcome[],
): Promise<void> {
  const found = new Map(outcomes.map((outcome) => [outcome.name, outcome]))
  const noted = nodes.flatMap((node) => {
    const outcome = found.get(node.name)
    if (!outcome) return []
    const { unschedulable, cordoned_by, detail } = outcome
    return [{ ...node, after: { unschedulable, cordoned_by, detail } }]
  })
  await ports.actions.putNodes(action, noted)
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
