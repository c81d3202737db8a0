import type { Needs } from '../ports.ts'
import { noteLeftBehind } from '../task/note-left-behind.ts'
import type { StoredTask } from '../task/task-store.ts'
import { whatJoinLeaves } from './close-join.ts'
import { whatRemovalLeaves } from './close-removal.ts'
import { JoinMemo, JoinWork } from './join-work.ts'
import { RemovalMemo, RemovalWork } from './removal-work.ts'

/** Says what a task about a node leaves whose work has died, as far as it got. Tasks of other types are left alone. */
export async function settleNodeTask(
  ports: Needs<'tasks' | 'clock'>,
  { task, memo, execution }: StoredTask,
): Promise<void> {
  if (task.task_type === 'node_addition') {
    const { nodeId } = JoinWork.parse(execution?.input)
    await noteLeftBehind(ports, task.task_id, whatJoinLeaves(JoinMemo.parse(memo), nodeId))
  }
  if (task.task_type === 'node_removal') {
    const { nodeId } = RemovalWork.parse(execution?.input)
    await noteLeftBehind(ports, task.task_id, whatRemovalLeaves(RemovalMemo.parse(memo), nodeId))
  }
}
