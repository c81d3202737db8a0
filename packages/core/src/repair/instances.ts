import { z } from 'zod'
import type { ProviderEntry } from './provider-settings.ts'

/** The instance behind a node. */
export const InstanceTarget = z.object({
  node_name: z.string(),
  provider_id: z.string().nullable(),
  /** The node's label `topology.kubernetes.io/region`. Never made from a zone: Local Zones have other names. */
  region: z.string().nullable(),
  /** The action that asks; the provider's own log shows it. */
  action: z.string(),
})
export type InstanceTarget = z.infer<typeof InstanceTarget>

/** The very instance that was looked at: a name may belong to another one by now. */
export const InstanceOrder = InstanceTarget.extend({
  instance_id: z.string(),
})
export type InstanceOrder = z.infer<typeof InstanceOrder>

/** An instance as its provider sees it. An order takes its `instance_id` from here. */
export const InstanceView = z.object({
  /** Unlike a name never used again: GCE's number, EC2's `i-…`. Null: the provider has none of that name. */
  instance_id: z.string().nullable(),
  /** `ending`: it will never run again. `unknown`: the provider has a new word for it, or is none that can be asked. */
  state: z.enum(['starting', 'running', 'stopping', 'stopped', 'ending', 'gone', 'unknown']),
  /** What starts another one in its place. */
  group: z
    .object({
      kind: z.enum(['auto_scaling_group', 'managed_instance_group', 'node_pool', 'machine_set']),
      name: z.string(),
    })
    .nullable(),
  /** ISO 8601. A reboot does not change it on EC2. */
  started_at: z.string().nullable(),
  /** When it was looked at, ISO 8601. */
  seen_at: z.string(),
})
export type InstanceView = z.infer<typeof InstanceView>

/** `already`: it had been done, or ordered with the same key, before this call. */
export const EffectOutcome = z.enum(['accepted', 'already'])
export type EffectOutcome = z.infer<typeof EffectOutcome>

/**
 * The instances of one cloud provider. Every method fails with `provider.unsupported`, `provider.unconfigured`,
 * `provider.not_allowed`, `provider.refused`, `provider.throttled` or `provider.unreachable`; after each of these nothing was
 * done. What changes something fails with `provider.unclear` too: then it may have been done, it is never sent again, and
 * `reconcile` judges by what `describe` says later.
 */
export interface Instances {
  describe(target: InstanceTarget): Promise<InstanceView>
  /** Restarts the same instance. The same key has one effect. */
  reboot(order: InstanceOrder, key: string): Promise<EffectOutcome>
  /** Ends the instance so that another one starts in its place. The same key has one effect. */
  replace(order: InstanceOrder, key: string): Promise<EffectOutcome>
}

/** Port: the providers, with the rights that a cluster's settings give (spec/decisions.md 38). */
export interface InstanceProviders {
  open(entries: readonly ProviderEntry[]): Instances
}
