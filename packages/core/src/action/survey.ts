import { z } from 'zod'

/** Most nodes of a pool that one action takes on; a larger pool is refused (`action.too_large`). */
export const poolNodesMax = 2000

const Named = z.object({ namespace: z.string(), name: z.string() })

/** A node of the pool as it is in Kubernetes now. */
export const SurveyNode = z.object({
  name: z.string(),
  uid: z.string(),
  provider_id: z.string().nullable(),
  boot_id: z.string().nullable(),
  created_at: z.string().nullable().default(null).describe("when it registered, by its own cluster's clock, ISO 8601"),
  ready: z.boolean(),
  /** Since when its Ready condition has its status, ISO 8601. */
  ready_since: z.string().nullable(),
  /** Conditions that tell of a fault, the worst first: Ready not True, or any other that is not at its healthy value. */
  faults: z.array(z.object({ type: z.string(), reason: z.string() })),
  unschedulable: z.boolean(),
  /** The action or task whose mark the cordon carries; null: none, or a person's. */
  cordoned_by: z.string().nullable(),
  /** Annotation `gridgate/hold`: the cordon stays after us (spec/decisions.md 37). */
  is_held: z.boolean(),
  is_control_plane: z.boolean(),
  /** Whole accelerators (GPU, TPU) that it can allocate. */
  accelerators: z.number().int(),
  region: z.string().nullable(),
  /** Another system that repairs this node by itself, such as `karpenter`, `eks-node-repair`, `hyperpod`, `nvsentinel`. */
  repairer: z.string().nullable(),
})
export type SurveyNode = z.infer<typeof SurveyNode>

/** A pod of completion index 0 of a child Job, of its newest restart attempt (spec/failover.md §14). */
export const Leader = Named.extend({
  uid: z.string(),
  job: z.string(),
  node: z.string().nullable(),
  phase: z.string(),
  is_terminating: z.boolean(),
  /** Whether its child Job has pods on nodes of the surveyed pool. */
  is_on_pool: z.boolean(),
})
export type Leader = z.infer<typeof Leader>

/** The JobSet as far as restarting it is concerned. */
export const SurveyJobSet = Named.extend({
  uid: z.string(),
  restarts: z.number().int(),
  /** `suspended`, `completed`, `failed`, or `active`. */
  state: z.enum(['active', 'suspended', 'completed', 'failed']),
  leaders: z.array(Leader),
  /** Why evicting its leaders would not restart it, in words; empty when it would (spec/failover.md §14). */
  blockers: z.array(z.string()),
  /** Nodes that its pods on the pool occupy: what it needs elsewhere. */
  nodes_needed: z.number().int(),
})
export type SurveyJobSet = z.infer<typeof SurveyJobSet>

/** What a cluster's controller sees of the target of an action: everything that is planned and checked comes from here. */
export const Survey = z.object({
  /** Null: only a JobSet was asked for. */
  pool: z.string().nullable(),
  /** The label that makes nodes a pool of this cluster; null where no pool is meant. */
  pool_label: z.string().nullable(),
  nodes: z.array(SurveyNode),
  /** Expected number of nodes by labels of the first node (spec/failover.md §7), or why it is not known. */
  expected_nodes: z.union([z.object({ count: z.number().int() }), z.object({ unknown: z.string() })]),
  /** The pool is one slice of accelerators that comes and goes as a whole (a topology of several hosts). */
  is_atomic: z.boolean(),
  jobset: SurveyJobSet.nullable(),
  /** JobSets with pods on the pool, other than the one asked for. */
  other_jobsets: z.array(Named),
  /** PodDisruptionBudgets that would hold a pod of the pool now. */
  blocking_budgets: z.array(Named.extend({ disruptions_allowed: z.number().int() })),
  /** Whether this controller itself runs on the pool. */
  has_controller: z.boolean(),
  /** Schedulable, ready nodes outside the pool with as many accelerators as a node of it. */
  spare_nodes: z.number().int(),
  /** Of the whole cluster, for budgets: nodes with accelerators, and how many of them take no new pods or are not ready. */
  accelerator_nodes: z.object({ total: z.number().int(), unavailable: z.number().int() }),
})
export type Survey = z.infer<typeof Survey>
