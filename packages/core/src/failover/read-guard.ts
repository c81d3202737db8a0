import type { ClusterId } from '../cluster/cluster.ts'
import type { Needs } from '../ports.ts'
import { isFinished, type TaskId } from '../task/task.ts'
import type { GuardReading } from './guard-action.ts'
import { type NetworkEntry, type NetworkHistory, within } from './history.ts'
import { windowState } from './window.ts'

/** How long an action may be at work, in seconds: longer ones are ended by their workflow. */
const workSecondsMax = 7200
/** Tasks that are read at a time. */
const readAtOnce = 25

/** Reads what `guardAction` decides by. @throws {GridError} `budget.unreadable` */
export async function readGuard(
  ports: Needs<'failoverSettings' | 'histories' | 'calendar' | 'tasks' | 'clock'>,
  id: ClusterId,
): Promise<GuardReading> {
  // The histories first: settings that change afterwards are seen, and an action in between changes a version.
  const [cluster, network] = await Promise.all([ports.histories.find(id), ports.histories.findNetwork()])
  const now = ports.clock.now()
  const [own, shared, open] = await Promise.all([
    ports.failoverSettings.find(id),
    ports.failoverSettings.findNetwork(),
    openAmong(ports, countedOpen(network.history, id, now)),
  ])
  return {
    settings: own.value,
    network: shared.value,
    window: windowState(ports.calendar, own.value.windows, now),
    history: { cluster: cluster.history, network: network.history },
    versions: { cluster: cluster.version, network: network.version },
    open,
    now,
  }
}

/** Entries of which it matters whether they are still at work: of all automatic actions, and of any on the cluster. */
const countedOpen = ({ entries }: NetworkHistory, id: ClusterId, now: Date): NetworkEntry[] => {
  const recent = new Set(within(entries, workSecondsMax, now))
  return entries.filter((entry) => entry.is_automatic || (entry.cluster_id === id && recent.has(entry)))
}

/** Those of the actions whose task still works. Tasks outlive the history, so one that is gone is over. */
export async function openAmong(
  { tasks }: Needs<'tasks'>,
  entries: readonly Pick<NetworkEntry, 'action'>[],
): Promise<Set<TaskId>> {
  const ids = entries.map(({ action }) => action)
  const open = new Set<TaskId>()
  for (let at = 0; at < ids.length; at += readAtOnce) {
    const found = await Promise.all(ids.slice(at, at + readAtOnce).map((id) => tasks.find(id)))
    for (const stored of found) if (stored && !isFinished(stored.task)) open.add(stored.task.task_id)
  }
  return open
}
