import { chooseProvider } from '@gridgate/core/repair/choose-provider'
import type { InstanceProviders, Instances } from '@gridgate/core/repair/instances'
import type { ProviderSettings } from '@gridgate/core/repair/provider-settings'
import type { CloudParts } from './cloud-call.ts'
import { ec2Instances } from './ec2.ts'
import { experimentalHyperPod } from './experimental-hyperpod.ts'
import { experimentalRedfish } from './experimental-redfish.ts'
import { experimentalWebhook } from './experimental-webhook.ts'
import { gceInstances } from './gce.ts'

/** The providers. Which one is asked follows from the node's provider id, and whether it may be from the settings. */
export const instanceProviders = (parts: CloudParts): InstanceProviders => ({
  open(entries) {
    const of = (providerId: string | null): Instances => adapterOf(parts, chooseProvider(entries, providerId))
    return {
      describe: async (target) => of(target.provider_id).describe(target),
      reboot: async (order, key) => of(order.provider_id).reboot(order, key),
      replace: async (order, key) => of(order.provider_id).replace(order, key),
    }
  },
})

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
