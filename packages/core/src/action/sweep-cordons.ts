import type { StoredCluster } from '../cluster/cluster-store.ts'
import { hasController } from '../controller/controller-client.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { TaskId } from '../task/task.ts'
import { recordEvents } from './controller-failover.ts'
import { listMarked, type MarkedNode } from './list-cordons.ts'

/** Clusters read at once, and how many are asked at the same time. */
const pageItems = 100
const askedAtOnce = 10
/** Most events told of one cluster in one sweep. */
const eventsMax = 100

type SweepPorts = Needs<'clusters' | 'controllers' | 'tasks' | 'clock' | 'log'>

/** What a sweep found. */
export interface CordonSweep {
  clusters: number
  overdue: number
  /** Clusters whose controller did not answer; the next sweep asks again. */
  skipped: number
}

/**
 * Looks for cordons of ours that have outlived their task, and says so: in the log, and as an Event on the node, once
 * (spec/decisions.md 37). Taking them back is a person's decision.
 */
export async function sweepCordons(ports: SweepPorts): Promise<CordonSweep> {
  const sweep: CordonSweep = { clusters: 0, overdue: 0, skipped: 0 }
  let after: string | null = null
  do {
    const page = await ports.clusters.list({ after, limit: pageItems })
    const reporting = page.items.filter(hasController)
    for (let at = 0; at < reporting.length; at += askedAtOnce)
      await Promise.all(reporting.slice(at, at + askedAtOnce).map((stored) => sweepOne(ports, stored, sweep)))
    after = page.nextCursor
  } while (after !== null)
  if (sweep.overdue + sweep.skipped > 0) ports.log.warn('cordons.swept', { ...sweep })
  return sweep
}

async function sweepOne(ports: SweepPorts, stored: StoredCluster, sweep: CordonSweep): Promise<void> {
  sweep.clusters++
  try {
    const overdue = (await listMarked(ports, stored)).filter(({ is_overdue }) => is_overdue)
    sweep.overdue += overdue.length
    for (const node of overdue.slice(0, eventsMax)) await tell(ports, stored, node)
  } catch (error) {
    if (!(error instanceof GridError)) throw error
    // A cluster that cannot be asked must not keep the others from it.
    sweep.skipped++
    ports.log.warn('cordons.not_swept', { clusterId: stored.cluster.id, error })
  }
}

async function tell(ports: SweepPorts, stored: StoredCluster, { name, uid, task_id }: MarkedNode): Promise<void> {
  ports.log.warn('cordon.overdue', { clusterId: stored.cluster.id, node: name, taskId: task_id })
  const task = TaskId.safeParse(task_id)
  if (!task.success) return
  const message = `kept closed by task ${task_id}, which ended more than a day ago: uncordon it, or annotate it gridgate/hold`
  const event = { kind: 'Node', name, uid, type: 'Warning', reason: 'FailoverCordonOverdue', message } as const
  await recordEvents(ports, stored, task.data, [event])
}
