import { z } from 'zod'
import { ClusterId } from '../cluster/cluster.ts'
import { ClusterNode, NodeId } from '../cluster/cluster-node.ts'
import { Failure } from '../task/fail-task.ts'
import { TaskId } from '../task/task.ts'

/** How long a machine may take to join and become ready, in seconds: by default, and the bounds of what a caller may ask for. */
export const joinSeconds = { default: 900, min: 60, max: 3000 } as const

/** State of the workflow `join-node`: ids, and answers that the definition branches on. */
export const JoinWork = z.object({
  taskId: TaskId,
  clusterId: ClusterId,
  nodeId: NodeId,
  isReady: z.boolean(),
  waitSeconds: z.number().int(),
  failure: Failure.optional(),
})
export type JoinWork = z.infer<typeof JoinWork>

/** What the steps keep for later ones; never the token. */
export const JoinMemo = z.object({
  /** As the policies left it. */
  node: ClusterNode,
  timeoutSeconds: z.number().int(),
  expiresAt: z.string(),
  /** Whether the machine was seen in Kubernetes. */
  isSeen: z.boolean(),
  /** Set before the node is stored, because an unclear write may be one. */
  isStored: z.boolean(),
  isTokenDropped: z.boolean(),
})
export type JoinMemo = z.infer<typeof JoinMemo>
