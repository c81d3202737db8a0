import { GridError } from '@gridgate/core/errors'
import type { InstanceProviders, Instances } from '@gridgate/core/repair/instances'
import { parseProviderId } from '@gridgate/core/repair/provider-id'
import { type ProviderEntry, ProviderSettings } from '@gridgate/core/repair/provider-settings'
import type { CloudParts } from './cloud-call.ts'
import { ec2Instances } from './ec2.ts'
import { experimentalHyperPod } from './experimental-hyperpod.ts'
import { experimentalRedfish } from './experimental-redfish.ts'
import { experimentalWebhook } from './experimental-webhook.ts'
import { gceInstances } from './gce.ts'

/** The providers. Which one is asked follows from the node's provider id, and whether it may be from the settings. */
export const instanceProviders = (parts: CloudParts): InstanceProviders => ({
  open(entries) {
    const of = (providerId: string | null): Instances => adapterOf(parts, settingsFor(entries, providerId))
    return {
      describe: async (target) => of(target.provider_id).describe(target),
      reboot: async (order, key) => of(order.provider_id).reboot(order, key),
      replace: async (order, key) => of(order.provider_id).replace(order, key),
    }
  },
})

/** Kinds that reach a machine by its node's name, whatever its provider id. */
const anywhere: ReadonlySet<string> = new Set(['redfish', 'webhook'])

/** The first entry of the node's own kind, a Google project's own before others; without one, the first that serves any node. */
function settingsFor(entries: readonly ProviderEntry[], providerId: string | null): ProviderSettings {
  const id = parseProviderId(providerId)
  const own = entries.filter(({ kind }) => kind === id.kind)
  const entry =
    own.find(({ allow }) => id.kind === 'gce' && allow.includes(id.project)) ??
    own[0] ??
    entries.find(({ kind }) => anywhere.has(kind))
  if (entry) return checked(entry)
  if (id.kind === 'unsupported') throw new GridError('provider.unsupported', id.why)
  throw new GridError('provider.unconfigured', `the failover settings of the cluster have no provider ${id.kind}`)
}

function checked(entry: ProviderEntry): ProviderSettings {
  const { data, error } = ProviderSettings.safeParse(entry)
  if (data) return data
  const why = error.issues[0]?.message ?? 'it is incomplete'
  throw new GridError('provider.unconfigured', `the provider ${entry.kind} in the failover settings: ${why}`)
}

function adapterOf(parts: CloudParts, settings: ProviderSettings): Instances {
  switch (settings.kind) {
    case 'ec2':
      return ec2Instances(parts, settings)
    case 'gce':
      return gceInstances(parts, settings)
    case 'hyperpod':
      return experimentalHyperPod(parts, settings)
    case 'redfish':
      return experimentalRedfish(parts, settings)
    case 'webhook':
      return experimentalWebhook(parts, settings)
  }
}
