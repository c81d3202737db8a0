import type { ActionNode } from '../action/action.ts'
import type { StoredAction } from '../action/action-store.ts'
import { ActionMemo, type ActionWork } from '../action/action-work.ts'
import { cordonNodes, drainNodes } from '../action/controller-failover.ts'
import { escalate, waitOrEscalate } from '../action/escalate.ts'
import { actorOf, type FreezePorts, open, requireNoFreeze, type StepPorts } from '../action/step-parts.ts'
import type { SurveyNode } from '../action/survey.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import { GridError } from '../errors.ts'
import { whatIsLeft } from '../node/what-is-left.ts'
import type { Needs } from '../ports.ts'
import { keepWaiting, slowPace, waitedSeconds } from '../task/keep-waiting.ts'
import { remember } from '../task/remember.ts'
import { type StepOutcome, taskStep } from '../task/task-step.ts'
import type { StoredTask } from '../task/task-store.ts'
import { judgeRepair } from './judge-repair.ts'
import { reconcile } from './reconcile.ts'
import { beforeOf, lookAgain, nameOf, openInstances, orderOf, poolNow, repairIn, targetOf } from './repair-parts.ts'

type RepairPorts = StepPorts & FreezePorts & Needs<'instances'>

/** How long pods may take to go, an unclear order to show, and what was repaired to come back, in seconds. */
const drainSecondsMax = 300
const reconcileSecondsMax = 600
const verifySecondsMax = { reboot: 900, replace: 1800 } as const
/** How long what came back must stay well, in seconds. */
const stableSeconds = 60
/** How often one order is sent, where its provider certainly did nothing. */
const sendsMax = 2

/**
 * Asks the provider for the instance before anything is done, so that what it would refuse stops the action here.
 * @throws {GridError} the `provider.*` of `Instances.describe`, `provider.refused` where it has no such instance
 */
export async function inspectInstance(ports: RepairPorts, work: ActionWork): Promise<ActionWork> {
  return taskStep(ports, work, 'InspectInstance', async (task) => {
    const before = beforeOf(task)
    const instance = await (await openInstances(ports, work, task)).describe(targetOf(work, before))
    if (instance.instance_id === null)
      throw new GridError('provider.refused', `the provider has no instance of node ${before.name} any more`)
    await remember<ActionMemo>(ports, work.taskId, { instance })
    return { detail: `${instance.instance_id} is ${instance.state}` }
  })
}

/**
 * Asks the pods of the node to go, politely; of a slice that comes and goes whole, those of all its nodes.
 * @throws {GridError} `action.drain_blocked` when budgets, or pods that nothing would start again, hold them too long
 */
export async function drainNode(ports: StepPorts & FreezePorts, work: ActionWork): Promise<ActionWork> {
  return taskStep(ports, work, 'DrainNode', async (task) => {
    const { stored, action, nodes } = await open(ports, work)
    await requireNoFreeze(ports, action)
    const { uid, is_atomic } = beforeOf(task)
    const drained = is_atomic ? nodes : nodes.filter((node) => node.uid === uid)
    const wishes = { includeUnmanaged: action.isForced }
    const pass = await drainNodes(ports, stored, work.taskId, action.record.plan, drained, wishes)
    const waited = waitedSeconds(task.task, 'DrainNode', ports.clock.now())
    if (pass.remaining.length === 0) return { detail: 'empty', state: { isReady: true } }
    // Pods that were asked and do not end hold nobody: on a node that is dead they never will.
    if (pass.blocked.length === 0 && waited >= drainSecondsMax)
      return { detail: `${pass.remaining.length} pods have not ended`, state: { isReady: true } }
    return keepWaiting(
      { waited, secondsMax: drainSecondsMax, code: 'action.drain_blocked', missing: 'not drained' },
      whatIsLeft(pass),
    )
  })
}

/**
 * Orders the repair that is next, once. That it is sent is kept before it is sent: whatever happens after that, it counts as
 * sent until the provider says otherwise (spec/decisions.md 36).
 * @throws {GridError} `provider.unclear`, which the definition reconciles; what `Instances` throws; `failover.frozen`
 */
export async function repairNode(ports: RepairPorts, work: ActionWork): Promise<ActionWork> {
  const effect = repairIn(work)
  return taskStep(ports, work, nameOf('Repair', effect), async (task) => {
    const { stored, action } = await open(ports, work)
    const { sent, sends } = ActionMemo.parse(task.memo)
    if (sent?.effect === effect) return alreadySent(sent)
    await requireNoFreeze(ports, action)
    const before = await lookAgain(ports, { stored, action }, beforeOf(task))
    const instances = await openInstances(ports, work, task)
    const order = orderOf(work, before, task)
    const at = ports.clock.now().toISOString()
    const sending = { before, wellSince: null, sent: { effect, at, isAccepted: false }, sends: sends + 1 }
    await remember<ActionMemo>(ports, work.taskId, sending)
    const outcome = await instances[effect](order, `${work.taskId}:${effect}:${sends + 1}`).catch((error: unknown) =>
      unsent(ports, work, error),
    )
    if (typeof outcome === 'object') return outcome
    await remember<ActionMemo>(ports, work.taskId, { sent: { effect, at, isAccepted: true } })
    return { detail: `${effect} of ${order.instance_id}: ${outcome}`, state: { escalates: false } }
  })
}

/** A step that runs again after its order went out sends nothing. @throws {GridError} `provider.unclear` */
function alreadySent({ effect, at, isAccepted }: NonNullable<ActionMemo['sent']>): StepOutcome<ActionWork> {
  if (isAccepted) return { detail: `the ${effect} was ordered at ${at}`, state: { escalates: false } }
  throw new GridError('provider.unclear', `the ${effect} may have been ordered at ${at}`)
}

/** Where certainly nothing was done, the order may be sent again, or the next step of the ladder taken. */
async function unsent(ports: StepPorts, work: ActionWork, error: unknown): Promise<StepOutcome<ActionWork>> {
  if (!(error instanceof GridError) || error.code === 'provider.unclear') throw error
  await remember<ActionMemo>(ports, work.taskId, { sent: null })
  if (error.code !== 'provider.refused') throw error
  return escalate(work.rungs.slice(1), error)
}

/**
 * Finds out what became of an order whose answer was unclear, by asking for its instance. A reboot leaves no trace there, so
 * the node's boot id decides.
 * @throws {GridError} `provider.unclear` when it stays so: a person has to look
 */
export async function reconcileRepair(ports: RepairPorts, work: ActionWork): Promise<ActionWork> {
  const effect = repairIn(work)
  return taskStep(ports, work, nameOf('Reconcile', effect), async (task) => {
    const { sent, instance, sends } = ActionMemo.parse(task.memo)
    if (!sent || !instance) throw new TypeError('nothing was sent')
    const before = beforeOf(task)
    const seen = await (await openInstances(ports, work, task)).describe(targetOf(work, before))
    const verdict = reconcile(effect, { ...instance, seen_at: sent.at }, seen)
    const detail = `the instance is ${seen.state}: ${verdict}`
    if (verdict === 'done' || (verdict === 'unclear' && effect === 'reboot'))
      return { detail, state: { isReady: true, escalates: false } }
    if (verdict === 'not_done' && sends < sendsMax) {
      await remember<ActionMemo>(ports, work.taskId, { sent: null })
      return { detail, state: { isReady: false, escalates: true } }
    }
    const waited = secondsBetween(sent.at, ports.clock.now())
    const missing = `whether the ${effect} of node ${before.name} was done is not known`
    const { state, ...waiting } = keepWaiting(
      { waited, secondsMax: reconcileSecondsMax, code: 'provider.unclear', missing, pace: slowPace },
      detail,
    )
    return { ...waiting, state: { ...state, escalates: false } }
  })
}

/**
 * Waits until what was lost is there again and stays well for a while; meanwhile nodes that arrive take no pods
 * (spec/decisions.md 37).
 * @throws {GridError} `action.not_verified` once the time is over; `action.needs_human` where the ladder ends so
 */
export async function verifyRepair(ports: StepPorts, work: ActionWork): Promise<ActionWork> {
  const effect = repairIn(work)
  return taskStep(ports, work, nameOf('Verify', effect), async (task) => {
    const { stored, action, nodes } = await open(ports, work)
    const { wellSince, sent } = ActionMemo.parse(task.memo)
    const before = beforeOf(task)
    const { isWhole, arrived, detail } = judgeRepair(effect, before, await poolNow(ports, stored, action))
    if (work.cordons) await keepClosed(ports, { work, task, stored, action, nodes }, arrived)
    const now = ports.clock.now()
    const since = isWhole ? (wellSince ?? now.toISOString()) : null
    if (since !== wellSince) await remember<ActionMemo>(ports, work.taskId, { wellSince: since })
    const wellSeconds = since === null ? 0 : secondsBetween(since, now)
    const said = isWhole ? `${detail}; well for ${Math.round(wellSeconds)} of ${stableSeconds} s` : detail
    if (isWhole && wellSeconds >= stableSeconds)
      return { detail: said, state: { isReady: true, escalates: false, uncordons: work.uncordonsVerified } }
    const waited = secondsBetween(sent?.at ?? now.toISOString(), now)
    const secondsMax = verifySecondsMax[effect]
    // What is whole for the last time that counts, and what has been well for long enough, is seen when it is so.
    const moments = [secondsMax - stableSeconds, ...(isWhole ? [waited + stableSeconds - wellSeconds] : [])]
    const waiting = { waited, secondsMax, code: 'action.not_verified', missing: `no ${effect} is verified` } as const
    return waitOrEscalate({ ...waiting, pace: slowPace, moments }, said, work.rungs.slice(1))
  })
}

interface Opened {
  work: ActionWork
  task: StoredTask
  stored: StoredCluster
  action: StoredAction
  nodes: readonly ActionNode[]
}

/** Cordons nodes that arrived, each once: a person who opened one of them knows why. */
async function keepClosed(
  ports: StepPorts,
  { work, task, stored, action, nodes }: Opened,
  arrived: readonly SurveyNode[],
): Promise<void> {
  const known = new Set(nodes.map(({ uid }) => uid))
  const fresh = arrived.filter(({ uid, unschedulable }) => !known.has(uid) && !unschedulable)
  const room = beforeOf(task).is_atomic ? fresh : fresh.slice(0, 1)
  if (room.length === 0) return
  const outcomes = await cordonNodes(ports, stored, actorOf(work, task), action.record.plan, room)
  const noted = room.map(({ name, uid, provider_id, cordoned_by, ready }) => {
    const outcome = outcomes.find((one) => one.uid === uid)
    const after = outcome
      ? { unschedulable: outcome.unschedulable, cordoned_by: outcome.cordoned_by, detail: outcome.detail }
      : null
    return { name, uid, provider_id, before: { unschedulable: false, cordoned_by, ready }, after }
  })
  await ports.actions.putNodes(action, noted)
}

const secondsBetween = (from: string, to: Date): number => (to.getTime() - Date.parse(from)) / 1000
