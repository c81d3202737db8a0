import { z } from 'zod'
import { ClusterBudgets, ClusterBudgetsChange, clusterBudgetsDefault } from './budgets.ts'
import { Freeze } from './freeze.ts'
import { Window, windowsMax } from './window.ts'

const providersMax = 20
const allowedMax = 50

/** What alarms lead to: nothing, a plan that is only recorded, or the action. Explicit calls do not look at it (spec/decisions.md 34). */
export const FailoverMode = z.enum(['off', 'observe', 'act'])
export type FailoverMode = z.infer<typeof FailoverMode>

/** The stricter of two modes: of the cluster and of the rule that an alarm met. */
export const stricterMode = (one: FailoverMode, other: FailoverMode): FailoverMode => {
  const ranks = FailoverMode.options
  return ranks.indexOf(one) <= ranks.indexOf(other) ? one : other
}

/** Whom to ask for the repair of an instance, as whom, and in which accounts or projects (spec/decisions.md 38). Never a key. */
export const Provider = z.strictObject({
  kind: z.enum(['ec2', 'gce', 'karpenter', 'cluster_api', 'hyperpod', 'redfish', 'webhook']),
  role_arn: z
    .string()
    .regex(/^arn:aws[a-z-]{0,20}:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'must be the ARN of a role')
    .optional(),
  workload_identity: z.string().min(1).max(512).optional(),
  allow: z
    .array(z.string().min(1).max(128))
    .max(allowedMax)
    .describe('accounts, projects, NodePools, namespaces of Machines, or addresses'),
})
export type Provider = z.infer<typeof Provider>

const PoolLabel = z
  .string()
  .regex(
    /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
    'must be the key of a Kubernetes label',
  )

const members = {
  enabled: z.boolean(),
  mode: FailoverMode,
  pool_label: PoolLabel.nullable().describe(
    'label that names the pool of a node; null: the one that its provider sets',
  ),
  windows: z.array(Window).max(windowsMax),
  freeze: Freeze.nullable(),
  uncordon_when_verified: z
    .boolean()
    .nullable()
    .describe('null: after alarms, not after explicit calls (spec/decisions.md 29)'),
  providers: z.array(Provider).max(providersMax),
}

/** How failover works on one cluster (spec/decisions.md 40). */
export const FailoverSettings = z.object({ ...members, budgets: ClusterBudgets })
export type FailoverSettings = z.infer<typeof FailoverSettings>

/** A change: what is named is set, and the rest stays, so that nothing is unfrozen or raised by leaving it out. */
export const FailoverChange = z.strictObject({
  ...z.strictObject(members).partial().shape,
  budgets: ClusterBudgetsChange.optional(),
})
export type FailoverChange = z.infer<typeof FailoverChange>

/** A cluster that nobody has set anything on. */
export const settingsDefault: FailoverSettings = {
  enabled: true,
  mode: 'observe',
  pool_label: null,
  budgets: clusterBudgetsDefault,
  windows: [],
  freeze: null,
  uncordon_when_verified: null,
  providers: [],
}

/** The settings after a change. */
export const withChange = (settings: FailoverSettings, change: FailoverChange): FailoverSettings =>
  FailoverSettings.parse({
    ...settings,
    ...change,
    budgets: {
      explicit: { ...settings.budgets.explicit, ...change.budgets?.explicit },
      automatic: { ...settings.budgets.automatic, ...change.budgets?.automatic },
    },
  })
