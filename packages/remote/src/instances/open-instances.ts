import { GridError } from '@gridgate/core/errors'
import type { InstanceProviders, Instances } from '@gridgate/core/repair/instances'
import { parseProviderId } from '@gridgate/core/repair/provider-id'
import type { ProviderSettings } from '@gridgate/core/repair/provider-settings'
import type { CloudParts } from './cloud-call.ts'
import { ec2Instances } from './ec2.ts'
import { gceInstances } from './gce.ts'

/** The providers that are whole. Which one is asked follows from the node's provider id, and whether it may be from the settings. */
export const instanceProviders = (parts: CloudParts): InstanceProviders => ({
  open(settings) {
    const of = (providerId: string | null): Instances => adapterOf(parts, settings, providerId)
    return {
      describe: async (target) => of(target.provider_id).describe(target),
      reboot: async (order, key) => of(order.provider_id).reboot(order, key),
      replace: async (order, key) => of(order.provider_id).replace(order, key),
    }
  },
})

function adapterOf(parts: CloudParts, settings: readonly ProviderSettings[], providerId: string | null): Instances {
  const id = parseProviderId(providerId)
  if (id.kind === 'unsupported') throw new GridError('provider.unsupported', id.why)
  const found = settings.find(({ kind }) => kind === id.kind)
  if (found?.kind === 'ec2') return ec2Instances(parts, found)
  if (found?.kind === 'gce') return gceInstances(parts, found)
  throw new GridError('provider.unconfigured', `the failover settings of the cluster have no provider ${id.kind}`)
}
