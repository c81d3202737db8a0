import { type Caller, inScope } from '../caller.ts'
import type { ClusterId } from '../cluster/cluster.ts'
import {
  isShared,
  type Remaining,
  remainingBeside,
  type SharedReading,
  unlessUnreadable,
} from '../failover/remaining.ts'
import type { Needs } from '../ports.ts'
import { isFinished, type Task, type TaskId } from '../task/task.ts'
import { notificationOutcomes } from './count-action.ts'
import type { Counted } from './counter-store.ts'
import { exposition, type Family, type Sample } from './exposition.ts'

/** Unfinished tasks looked at; of more the figures of open actions are too low. */
const openTasksMax = 1000
/** Rows read at a time. */
const readAtOnce = 25

type ShowPorts = Needs<'counters' | 'failoverSettings' | 'histories' | 'tasks' | 'clock'>

/** What a scrape tells, as it was read. */
interface Scraped {
  /** Of clusters in scope, and of the network. */
  counted: readonly Counted[]
  /** Clusters of unfinished actions, once for each. */
  open: readonly string[]
  budgets: readonly (Remaining & { clusterId: ClusterId })[]
}

/**
 * How failover fares, in Prometheus' text format: of the clusters that the caller may see and that had an action, and of the
 * network.
 */
export async function showCounters(ports: ShowPorts, caller: Caller): Promise<string> {
  const all = await ports.counters.list()
  const counted = all.filter(({ clusterId }) => clusterId === null || inScope(caller, clusterId))
  const tasks = await openTasks(ports)
  const open = tasks
    .filter(({ task_type }) => task_type === 'failover_action')
    .map(({ task_data }) => String(task_data.cluster_id))
    .filter((id) => inScope(caller, id))
  const budgets = await readBudgets(ports, counted, new Set(tasks.map(({ task_id }) => task_id)))
  return exposition(familiesOf({ counted, open, budgets }))
}

async function openTasks({ tasks }: Needs<'tasks'>): Promise<Task[]> {
  const found: Task[] = []
  for (let looked = 0, after: string | null = null; looked < openTasksMax; looked += readAtOnce) {
    const { ids, next }: { ids: TaskId[]; next: string | null } = await tasks.listOpen({ after, limit: readAtOnce })
    const page = await Promise.all(ids.map((id) => tasks.find(id)))
    found.push(...page.flatMap((stored) => (stored && !isFinished(stored.task) ? [stored.task] : [])))
    if (next === null) break
    after = next
  }
  return found
}

async function readBudgets(
  ports: ShowPorts,
  counted: readonly Counted[],
  open: ReadonlySet<TaskId>,
): Promise<Scraped['budgets']> {
  const shared = await unlessUnreadable(async (): Promise<SharedReading> => {
    const { value: network } = await ports.failoverSettings.findNetwork()
    return { network, history: (await ports.histories.findNetwork()).history, open }
  })
  if (!shared) return []
  const ids = counted.flatMap(({ clusterId }) => (clusterId === null ? [] : [clusterId]))
  const found: Scraped['budgets'][number][] = []
  for (let at = 0; at < ids.length; at += readAtOnce) {
    const read = async (clusterId: ClusterId) => {
      const rows = await unlessUnreadable(() => remainingBeside(ports, clusterId, shared))
      return (rows ?? []).map((row) => ({ ...row, clusterId }))
    }
    found.push(...(await Promise.all(ids.slice(at, at + readAtOnce).map(read))).flat())
  }
  return found
}

const familiesOf = (scraped: Scraped): Family[] => [
  {
    ...{ name: 'gridgate_actions_total', type: 'counter', samples: countsOf(scraped, 'actions', ['type', 'state']) },
    help: 'Failover actions that are over, by how they ended; dry runs are not counted.',
  },
  {
    ...{ name: 'gridgate_action_refusals_total', type: 'counter', samples: countsOf(scraped, 'refusals', ['code']) },
    help: 'Failover actions that were refused before anything was done.',
  },
  {
    ...{ name: 'gridgate_action_step_seconds', type: 'summary', samples: durationsOf(scraped) },
    help: 'How long the steps of actions that are over took.',
  },
  {
    ...{ name: 'gridgate_actions_open', type: 'gauge', samples: openOf(scraped) },
    help: 'Failover actions that are not over.',
  },
  {
    ...{ name: 'gridgate_failover_budget_left', type: 'gauge', samples: leftOf(scraped) },
    help: 'What is left of each budget that needs no plan; without cluster_id what all clusters share.',
  },
  {
    ...{ name: 'gridgate_notifications_total', type: 'counter', samples: notificationsOf(scraped) },
    help: 'Notifications of actions to single addresses, by what became of them.',
  },
]

/** Counters of clusters whose name begins so; what follows in the name are the values of the labels. */
function countsOf({ counted }: Scraped, kind: string, labels: readonly string[]): Sample[] {
  return counted.flatMap(({ clusterId, counts }) =>
    Object.entries(counts).flatMap(([name, value]) => {
      const [first, ...values] = name.split('#')
      if (first !== kind || clusterId === null) return []
      const said = labels.map((label, index) => [label, values[index] ?? ''])
      return [{ labels: { cluster_id: clusterId, ...Object.fromEntries(said) }, value }]
    }),
  )
}

/** Of all clusters together, so that there are as many series as steps. */
function durationsOf(scraped: Scraped): Sample[] {
  const sums = new Map<string, { ms: number; count: number }>()
  for (const [kind, key] of [['step_ms', 'ms'] as const, ['steps', 'count'] as const])
    for (const { labels, value } of countsOf(scraped, kind, ['step'])) {
      const sum = sums.get(labels.step ?? '') ?? { ms: 0, count: 0 }
      sums.set(labels.step ?? '', { ...sum, [key]: sum[key] + value })
    }
  return [...sums].sort().flatMap(([step, { ms, count }]): Sample[] => [
    { labels: { step }, suffix: '_sum', value: ms / 1000 },
    { labels: { step }, suffix: '_count', value: count },
  ])
}

/** Of every cluster that had an action, so that none is told as 0. */
function openOf({ counted, open }: Scraped): Sample[] {
  const ids = new Set([...counted.flatMap(({ clusterId }) => clusterId ?? []), ...open])
  return [...ids].sort().map((id) => ({ labels: { cluster_id: id }, value: open.filter((one) => one === id).length }))
}

function leftOf({ budgets }: Scraped): Sample[] {
  const samples = budgets.flatMap((row) => {
    const { budget, left, clusterId } = row
    if (left === null) return []
    return [{ labels: isShared(row) ? { budget } : { cluster_id: clusterId, budget }, value: left }]
  })
  // What all share was read with each of them.
  return [...new Map(samples.map((sample) => [JSON.stringify(sample.labels), sample])).values()]
}

function notificationsOf({ counted }: Scraped): Sample[] {
  const counts = counted.find(({ clusterId }) => clusterId === null)?.counts
  return notificationOutcomes.map((outcome) => ({
    labels: { outcome },
    value: counts?.[`notifications#${outcome}`] ?? 0,
  }))
}
