import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { StoredTask } from '../task/task-store.ts'
import { changeInfra } from './change-infra.ts'
import { InfraMemo } from './infra-work.ts'

const infraTypes: readonly string[] = ['cluster_infra_creation', 'cluster_infra_remove']

/**
 * The infra state of a cluster whose infra task ends without success: what stood before a creation stands on, anything else
 * is `failed` until a creation or removal goes through. An end that this task had reached already stands. Tasks of other
 * types leave it alone.
 */
export async function settleInfra(
  ports: Needs<'clusters' | 'clock'>,
  { task, clusterId, memo }: StoredTask,
): Promise<void> {
  if (!infraTypes.includes(task.task_type) || clusterId === null) return
  const before = InfraMemo.safeParse(memo).data?.infraBefore ?? null
  if (before === null) return // the first step never finished, so nothing was changed
  const stoodBefore = task.task_type === 'cluster_infra_creation' && (before === 'present' || before === 'adopted')
  try {
    await changeInfra(ports, clusterId, task.task_id, ({ system }) => {
      const { state, taskId } = system.infra
      const isReached = taskId === task.task_id && (state === 'present' || state === 'absent' || state === 'adopted')
      return { state: isReached ? state : stoodBefore ? before : 'failed' }
    })
  } catch (error) {
    // A cluster that was removed from the registry meanwhile has no state.
    if (!(error instanceof GridError) || error.code !== 'cluster.not_found') throw error
  }
}
