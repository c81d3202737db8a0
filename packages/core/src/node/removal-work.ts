import { z } from 'zod'
import { ClusterId } from '../cluster/cluster.ts'
import { NodeId } from '../cluster/cluster-node.ts'
import { Failure } from '../task/fail-task.ts'
import { TaskId } from '../task/task.ts'

/** How long pods may take to leave, in seconds: by default, and the bounds of what a caller may ask for. */
export const drainSeconds = { default: 600, min: 1, max: 3000 } as const

/** State of the workflow `remove-node`: ids, and answers that the definition branches on. */
export const RemovalWork = z.object({
  taskId: TaskId,
  clusterId: ClusterId,
  nodeId: NodeId,
  /** Whether there is a Kubernetes node to drain and remove, or only an entry of the document to forget. */
  isInKubernetes: z.boolean(),
  isReady: z.boolean(),
  waitSeconds: z.number().int(),
  failure: Failure.optional(),
})
export type RemovalWork = z.infer<typeof RemovalWork>

/** What the steps keep for later ones. */
export const RemovalMemo = z.object({
  timeoutSeconds: z.number().int(),
  /** Whether pods go that nothing would start again elsewhere. */
  includeUnmanaged: z.boolean(),
  /** Of the Kubernetes node, once it was looked at. */
  uid: z.string().nullable(),
  /** Set before the cordon, because an unclear cordon may be one. */
  isCordoned: z.boolean(),
  isUncordoned: z.boolean(),
  isRemoved: z.boolean(),
  isForgotten: z.boolean(),
})
export type RemovalMemo = z.infer<typeof RemovalMemo>
