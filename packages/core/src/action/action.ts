import { z } from 'zod'
import { ClusterId } from '../cluster/cluster.ts'
import { TaskId, TaskStep } from '../task/task.ts'

/** Chosen by the caller, or a random UUID (spec/decisions.md 11). */
export const ActionId = z
  .string()
  .regex(/^[\x20-\x7e]{1,128}$/, 'must be 1 to 128 printable characters')
  .brand('ActionId')
export type ActionId = z.infer<typeof ActionId>

/** The id of what an alarm asks for, by the digest (hex) of its incident. */
export const alarmActionId = (digest: string): ActionId => ActionId.parse(`alarm-${digest.slice(0, 32)}`)
/** Claims that an id is one that only alarms have: who took it first would keep the alarm from acting. */
export const isAlarmActionId = (id: string): boolean => /^alarm-[0-9a-f]{32}$/.test(id)

/** The original's four types and ours (spec/failover.md §2). */
export const ActionType = z.enum([
  'cordon_nodepool',
  'cordon_nodepool_and_restart_jobset',
  'cordon_and_repair_nodepool',
  'repair_nodepool',
  'uncordon_nodepool',
])
export type ActionType = z.infer<typeof ActionType>

/** What an action of each type does, in this order. */
export const typeEffects = {
  cordon_nodepool: { cordons: true, restarts: false, repairs: false, uncordons: false },
  cordon_nodepool_and_restart_jobset: { cordons: true, restarts: true, repairs: false, uncordons: false },
  cordon_and_repair_nodepool: { cordons: true, restarts: false, repairs: true, uncordons: false },
  repair_nodepool: { cordons: false, restarts: false, repairs: true, uncordons: false },
  uncordon_nodepool: { cordons: false, restarts: false, repairs: false, uncordons: true },
} as const satisfies Record<ActionType, object>

/** Steps of an escalation, from the mildest (spec/decisions.md 38). */
export const LadderStep = z.enum(['restart', 'reboot', 'replace', 'human'])
export type LadderStep = z.infer<typeof LadderStep>

/** The part of an order that says what is to be done. */
export interface AskedWork {
  readonly type: ActionType
  readonly ladder: readonly LadderStep[]
}

/** What this action may come to do, with the steps of its ladder. */
export const effectsOf = (order: AskedWork) => ({
  ...typeEffects[order.type],
  repairs: repairsOf(order).length > 0,
})

/** Repairs of the one instance, each tried when the one before it did not help; without a ladder the instance is replaced. */
export function repairsOf({ type, ladder }: AskedWork): ('reboot' | 'replace')[] {
  const steps = ladder.filter((step) => step === 'reboot' || step === 'replace')
  return steps.length === 0 && typeEffects[type].repairs ? ['replace'] : steps
}

/** An action as it was asked for, with the defaults filled in (spec/failover.md §2, spec/decisions.md 27). */
export const ActionOrder = z.object({
  id: ActionId,
  type: ActionType,
  requestor: z.string(),
  reason: z.string(),
  dry_run: z.boolean(),
  /** Null: the only cluster with failover. */
  cluster_id: ClusterId.nullable(),
  namespace: z.string(),
  jobset_name: z.string().nullable(),
  node_pool: z.string().nullable(),
  node_name: z.string().nullable(),
  preflight_checks: z.object({ expected_node_counts: z.boolean() }),
  force: z.boolean(),
  ladder: z.array(LadderStep),
  /** Null: what the cluster's settings say. */
  uncordon_when_verified: z.boolean().nullable(),
})
export type ActionOrder = z.infer<typeof ActionOrder>

/** One thing looked at before anything is done. What `block`s and does not hold stops the action (spec/decisions.md 30). */
export const Check = z.object({
  name: z.string(),
  severity: z.enum(['block', 'warn']),
  ok: z.boolean(),
  detail: z.string(),
})
export type Check = z.infer<typeof Check>

/** What would be done, and to what: what the policies see, narrow or refuse (spec/decisions.md 39). */
export const ActionPlan = z.object({
  pool: z.string().nullable(),
  pool_label: z.string().nullable(),
  nodes: z.array(z.object({ name: z.string(), uid: z.string(), provider_id: z.string().nullable() })),
  jobset: z.object({ namespace: z.string(), name: z.string(), uid: z.string() }).nullable(),
  /** Pods whose eviction makes the JobSet restart. */
  pods: z.array(z.object({ namespace: z.string(), name: z.string(), uid: z.string(), job: z.string() })),
  /** The node to repair. */
  instance: z.object({ node_name: z.string(), uid: z.string(), provider_id: z.string().nullable() }).nullable(),
})
export type ActionPlan = z.infer<typeof ActionPlan>

/** The plan on an action's record: its nodes are paged beside it. */
export const PlanOutline = ActionPlan.omit({ nodes: true })
export type PlanOutline = z.infer<typeof PlanOutline>

/** spec/decisions.md 33. The last seven are final. */
export const ActionState = z.enum([
  'accepted',
  'running',
  'succeeded',
  'failed',
  'timed_out',
  'cancelled',
  'refused',
  'observed',
  'deferred',
])
export type ActionState = z.infer<typeof ActionState>

/** A node of an action, before and after. */
export const ActionNode = z.object({
  name: z.string(),
  uid: z.string(),
  provider_id: z.string().nullable(),
  before: z.object({ unschedulable: z.boolean(), cordoned_by: z.string().nullable(), ready: z.boolean() }),
  after: z
    .object({ unschedulable: z.boolean(), cordoned_by: z.string().nullable(), detail: z.string().nullable() })
    .nullable(),
})
export type ActionNode = z.infer<typeof ActionNode>

/** Claims that nothing more happens for the action. */
export const isOver = (state: ActionState): boolean => state !== 'accepted' && state !== 'running'

/** What is told of an action (spec/decisions.md 33); its nodes are paged beside it. */
export const ActionRecord = z.object({
  id: ActionId,
  state: ActionState,
  type: ActionType,
  cluster_id: ClusterId,
  namespace: z.string(),
  node_pool: z.string().nullable(),
  node_name: z.string().nullable(),
  jobset_name: z.string().nullable(),
  requestor: z.string().describe('as the request claims'),
  identity: z.string().describe('who it really was'),
  reason: z.string(),
  dry_run: z.boolean(),
  plan: PlanOutline,
  checks: z.array(Check),
  steps: z.array(TaskStep),
  task_id: TaskId.nullable().describe('the task that does the work; null where nothing is to be done'),
  error: z.string().optional(),
  code: z.string().optional(),
  left_behind: z.array(z.string()).optional(),
  created_at: z.string().describe('ISO 8601'),
  updated_at: z.string().describe('ISO 8601'),
})
export type ActionRecord = z.infer<typeof ActionRecord>
