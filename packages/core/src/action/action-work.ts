import { z } from 'zod'
import { ClusterId } from '../cluster/cluster.ts'
import { InstanceView } from '../repair/instances.ts'
import { RepairBefore } from '../repair/judge-repair.ts'
import { Failure } from '../task/fail-task.ts'
import { TaskId } from '../task/task.ts'
import { ActionId, LadderStep } from './action.ts'

/** State of the workflow `failover`: ids, and answers that the definition branches on. */
export const ActionWork = z.object({
  taskId: TaskId,
  clusterId: ClusterId,
  actionId: ActionId,
  cordons: z.boolean(),
  restarts: z.boolean(),
  /** There is an instance that it may come to repair. */
  repairs: z.boolean(),
  uncordons: z.boolean(),
  /** Once a repair is verified (spec/decisions.md 29). */
  uncordonsVerified: z.boolean(),
  /** What is left of the ladder; a repair that is under way is its first. */
  rungs: z.array(LadderStep),
  /** A step did not help: the next one of the ladder is taken. */
  escalates: z.boolean(),
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
  /** Null: it repairs nothing. */
  before: RepairBefore.nullable(),
  /** The instance as its provider saw it before anything was done. */
  instance: InstanceView.nullable(),
  /** The order to the provider that went out last. Kept before it is sent: an unclear answer may be a yes. */
  sent: z.object({ effect: z.enum(['reboot', 'replace']), at: z.string(), isAccepted: z.boolean() }).nullable(),
  /** How many went out. */
  sends: z.number().int(),
  /** Since when all that was repaired is well, ISO 8601. */
  wellSince: z.string().nullable(),
})
export type ActionMemo = z.infer<typeof ActionMemo>
