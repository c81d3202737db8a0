import { NodeId } from '@gridgate/core/cluster/cluster-node'
import { TaskId } from '@gridgate/core/task/task'
import { z } from '@gridgate/http/z'

/** The parameter of every route of one node. */
export const NodePath = z.object({ node_id: NodeId })

/** What is done to a node is done for a task, and at most to the node of that UID. */
export const NodeWork = z.object({
  task_id: TaskId,
  uid: z.string().min(1).max(64).optional().describe('only the node with this UID, never its successor of the same id'),
})
