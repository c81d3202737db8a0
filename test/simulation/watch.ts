import { type ActionType, isOver } from '@gridgate/core/action/action'
import type { StoredAction } from '@gridgate/core/action/action-store'
import { isFinished, TaskId } from '@gridgate/core/task/task'
import type { StoredTask } from '@gridgate/core/task/task-store'
import type { Stage } from './actors.ts'
import { count, violated } from './journal.ts'
import {
  type Begun,
  breakersPassed,
  cooldownsBroken,
  isAutomatic,
  percentExceeded,
  repairsExceeded,
} from './recount.ts'
import type { Effect } from './simulated-cluster.ts'

/** Rows of one list that are read at once; no simulation has more. */
const listMax = 500

/** Looks at every effect when it happens. */
export function watchEffects(stage: Stage): void {
  for (const cluster of stage.clusters)
    cluster.onEffect = (effect) => {
      stage.journal.effects.push(effect)
      void judgeEffect(stage, effect).catch((error: unknown) => violated(stage.journal, 'no_surprise', String(error)))
    }
}

async function judgeEffect(stage: Stage, effect: Effect): Promise<void> {
  const { journal, gateway } = stage
  const { kind, on, holder, action } = effect
  if (kind === 'uncordon' && holder !== action)
    violated(journal, 'only_own_cordons_undone', `${action} uncordoned ${on}, which was cordoned by ${holder}`)
  const stored = await gateway.outside.tasks.find(TaskId.parse(action))
  if (!stored) violated(journal, 'recorded', `${kind} of ${on} for ${action}, which is no task`)
  // What takes a mark away acts in its name, also when the one that set it is long over.
  else if (kind !== 'uncordon' && isFinished(stored.task) && !journal.killed.has(action))
    violated(journal, 'recorded', `${kind} of ${on} for ${action}, which was over`)
  await observe(stage)
  if (kind === 'cordon') await judgeShare(stage, effect)
}

/** Looks who is under way now: at every effect, and often in between. */
export async function observe({ gateway, journal }: Stage): Promise<void> {
  const { tasks, actions, failoverSettings } = gateway.outside
  const { ids } = await tasks.listOpen({ after: null, limit: listMax })
  const open = (await Promise.all(ids.map((id) => tasks.find(id)))).filter((one) => one !== null)
  for (const { task } of open)
    if (!journal.begun.some(({ id }) => id === task.task_id))
      journal.begun.push({ id: task.task_id, resumes: journal.resumes })
  for (const [held, by] of Map.groupBy(open.flatMap(targetsOf), ({ target }) => target))
    if (by.length > 1)
      violated(journal, 'one_action_per_target', `${held} is held by ${by.map(({ id }) => id).join(' and ')}`)
  const found = await Promise.all(open.map(({ task }) => actions.find(task.task_data.action_id as never)))
  const automatic = found.filter((one) => one !== null).filter(({ record }) => isAutomatic(record))
  const byCluster = Map.groupBy(automatic, ({ record }) => record.cluster_id)
  const { clusters_in_flight_max: clustersMax } = (await failoverSettings.findNetwork()).value.budgets
  if (byCluster.size > clustersMax)
    violated(journal, 'within_budget', `alarms work on ${byCluster.size} clusters, ${clustersMax} may be`)
  for (const [id, working] of byCluster) {
    const { pools_in_flight_max: max } = (await failoverSettings.find(id)).value.budgets.automatic
    const pools = new Set(working.map(({ record }) => record.plan.pool))
    if (pools.size > max)
      violated(journal, 'within_budget', `alarms work on ${pools.size} pools of ${id}, ${max} may be`)
  }
}

function targetsOf({ task, clusterId, locks: _ }: StoredTask): { target: string; id: string }[] {
  const { node_pool } = task.task_data
  return typeof node_pool === 'string' ? [{ target: `pool ${node_pool} of ${clusterId}`, id: task.task_id }] : []
}

/** What began later may take more than an automatic action saw; what began before it, or with it, may not. */
async function judgeShare({ clusters, gateway, journal }: Stage, effect: Effect): Promise<void> {
  const { outside } = gateway
  const stored = await outside.tasks.find(TaskId.parse(effect.action))
  const record = stored && (await outside.actions.find(stored.task.task_data.action_id as never))?.record
  const cluster = clusters.find(({ id }) => id === effect.cluster)
  if (!cluster || !record || !isAutomatic(record)) return
  const fences = new Map(
    cluster.effects.filter(({ kind }) => kind === 'cordon').map(({ action, fence }) => [action, fence]),
  )
  const isEarlier = (mark: string | null): boolean => (fences.get(mark ?? '') ?? Infinity) <= effect.fence
  const { automatic } = (await outside.failoverSettings.find(cluster.id)).value.budgets
  const over = percentExceeded(cluster, effect.pool, automatic.unavailable_percent_max, isEarlier)
  if (over !== null) violated(journal, 'within_budget', `${record.id}: ${over}`)
}

async function allRecords({ actions }: Stage['gateway']['outside']): Promise<StoredAction['record'][]> {
  const { items } = await actions.list({ clusters: '*' }, { after: null, limit: listMax })
  return items.map(({ record }) => record)
}

/** Looks at everything once all has come to rest. */
export async function judgeEnd(stage: Stage): Promise<void> {
  await observe(stage)
  const records = await allRecords(stage.gateway.outside)
  const byTask = new Map(
    records.flatMap((record) => (record.task_id === null ? [] : [[record.task_id as string, record]])),
  )
  for (const record of records)
    count(stage.journal, `${isAutomatic(record) ? 'automatic' : 'explicit'} ${outcomeOf(record)}`)
  judgeRecords(stage, byTask)
  judgeIncidents(stage, byTask)
  judgeReplies(stage)
  judgeHeld(stage, byTask)
  await judgeRest(stage, records)
  await judgeBudgets(stage, byTask)
}

const outcomeOf = ({ state, code }: StoredAction['record']): string => (code === undefined ? state : `${state} ${code}`)

type Records = ReadonlyMap<string, StoredAction['record']>

function judgeRecords({ journal }: Stage, byTask: Records): void {
  for (const { action, kind, on } of journal.effects) {
    const record = byTask.get(action)
    if (!record) violated(journal, 'recorded', `${kind} of ${on} for ${action}, which is no action`)
    else if (!isOver(record.state)) violated(journal, 'recorded', `${record.id} did something and is ${record.state}`)
  }
}

/**
 * An incident is what the alarm of an automatic action says, or one explicit order; it restarts, reboots and replaces once
 * at most.
 */
function judgeIncidents({ journal }: Stage, byTask: Records): void {
  const once = journal.effects.filter(({ kind }) => kind === 'restart' || kind === 'reboot' || kind === 'replace')
  const incidentOf = ({ action, kind }: Effect): string => {
    const record = byTask.get(action)
    if (!record) return `${kind} of ${action}`
    return `${kind} of ${isAutomatic(record) ? record.reason.replace(/^alarm [^:]*: /, '') : record.id}`
  }
  for (const [incident, all] of Map.groupBy(once, incidentOf))
    if (all.length > 1)
      violated(
        journal,
        'one_effect_per_incident',
        `${incident}: ${all.map(({ on, action }) => `${on} by ${action}`).join(', ')}`,
      )
}

/** One id means one content and one action, whatever is asked and answered. */
function judgeReplies({ journal }: Stage): void {
  for (const [id, replies] of Map.groupBy(journal.replies, ({ id }) => id)) {
    const answered = replies.filter(({ record }) => record !== null)
    const tasks = new Set(answered.flatMap(({ record }) => record?.task_id ?? []))
    const contents = new Set(answered.map(({ content }) => content))
    if (tasks.size > 1) violated(journal, 'one_action_per_id', `${id} is ${[...tasks].join(' and ')}`)
    if (contents.size > 1) violated(journal, 'one_action_per_id', `${id} was taken for two different orders`)
  }
}

/** Nothing is kept out of service that nobody knows of, but for what a person asked to hold. */
function judgeHeld({ journal, clusters }: Stage, byTask: Records): void {
  const marked = clusters.flatMap(({ nodes, everHeld }) =>
    nodes.filter(
      ({ name, unschedulable, cordoned_by }) => unschedulable && cordoned_by !== null && !everHeld.has(name),
    ),
  )
  for (const { name, cordoned_by } of marked) {
    const record = byTask.get(cordoned_by ?? '')
    const isTold = record?.state === 'succeeded' || (record?.left_behind ?? []).length > 0
    if (!isTold)
      violated(journal, 'nothing_held_unknown', `${name} is marked by ${record?.id}, which is ${record?.state}`)
  }
}

async function judgeRest(
  { gateway, journal, clusters }: Stage,
  records: readonly StoredAction['record'][],
): Promise<void> {
  for (const { id, state } of records)
    if (!isOver(state)) violated(journal, 'nothing_left_open', `action ${id} is ${state}`)
  const { ids } = await gateway.outside.tasks.listOpen({ after: null, limit: listMax })
  for (const id of ids) violated(journal, 'nothing_left_open', `task ${id} is open`)
  const locks = clusters.flatMap(({ id, pools, jobsets }) => [
    ...pools.map(({ pool }) => ({ name: `pool#${pool}`, on: id })),
    ...jobsets.map(({ jobset }) => ({ name: `jobset#${jobset.namespace}/${jobset.name}`, on: id })),
  ])
  for (const lock of locks) {
    const holder = await gateway.outside.tasks.holder(lock)
    if (holder !== null) violated(journal, 'nothing_left_open', `${holder} holds ${lock.name} of ${lock.on}`)
  }
}

const isRepair = ({ kind }: Effect): boolean => kind === 'reboot' || kind === 'replace'
const cordonsOf = (type: ActionType): boolean => type !== 'uncordon_nodepool' && type !== 'repair_nodepool'

async function judgeBudgets({ gateway, journal, clusters }: Stage, byTask: Records): Promise<void> {
  const begun: Begun[] = []
  for (const { id, resumes } of journal.begun) {
    const record = byTask.get(id)
    const stored = record && (await gateway.outside.actions.find(record.id))
    if (!record || !stored) continue
    const { items } = await gateway.outside.actions.listNodes(stored, { after: null, limit: listMax })
    const repairs = journal.effects.some((one) => one.action === id && isRepair(one))
    begun.push({ record, resumes, repairs, cordons: cordonsOf(record.type) ? items.length : 0 })
  }
  const nodes = clusters.reduce((sum, cluster) => sum + cluster.nodes.length + cluster.spareNodes, 0)
  const said = [
    ...(await cooldownsBroken(gateway.outside, begun)),
    ...(await breakersPassed(gateway.outside, begun, nodes)),
    ...(await repairsExceeded(gateway.outside, begun)),
  ]
  for (const one of said) violated(journal, 'within_budget', one)
}
