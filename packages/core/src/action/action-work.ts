import { z } from 'zod'
import { ClusterId } from '../cluster/cluster.ts'
import { Failure } from '../task/fail-task.ts'
import { TaskId } from '../task/task.ts'
import { ActionId } from './action.ts'

/** State of the workflow `failover`: ids, and answers that the definition branches on. */
export const ActionWork = z.object({
  taskId: TaskId,
  clusterId: ClusterId,
  actionId: ActionId,
  cordons: z.boolean(),
  restarts: z.boolean(),
  uncordons: z.boolean(),
  isReady: z.boolean(),
  waitSeconds: z.number().int(),
  failure: Failure.optional(),
})
export type ActionWork = z.infer<typeof ActionWork>

/** What the steps keep for later ones. */
export const ActionMemo = z.object({
  /** A later action on the cluster has a higher one; the controller refuses lower ones (spec/decisions.md 35). */
  fence: z.number().int(),
  /** Restarts that the JobSet counted when it was planned. */
  restartsBefore: z.number().int().nullable(),
  /** Set before the cordon, because an unclear cordon may be one. */
  isCordoned: z.boolean(),
  isUncordoned: z.boolean(),
})
export type ActionMemo = z.infer<typeof ActionMemo>
