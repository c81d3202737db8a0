import type { Clock } from '@gridgate/core/ports'
import type { InstanceProviders } from '@gridgate/core/repair/instances'
import type { AwsKeys, CloudParts } from '@gridgate/remote/instances/cloud-call'
import type { RemoteClient } from '@gridgate/remote/remote-client'
import type { Config } from './config.ts'
import { localHosts } from './reach-controller.ts'

type Settings = Pick<
  Config,
  'AWS_REGION' | 'GRIDGATE_LOCAL_HOSTS' | 'GRIDGATE_REDFISH_LOGIN' | 'GRIDGATE_REPAIR_WEBHOOK_SECRET'
>

interface InstanceParts {
  remote: Pick<RemoteClient, 'send'>
  clock: Clock
  /** The function's own credentials. */
  keys(): Promise<AwsKeys>
}

/** The cloud providers, loaded with the first repair: no other function pays for them. */
export function instances(config: Settings, parts: InstanceParts): InstanceProviders {
  const secrets = { redfish: config.GRIDGATE_REDFISH_LOGIN, webhook: config.GRIDGATE_REPAIR_WEBHOOK_SECRET }
  const cloud: CloudParts = {
    ...parts,
    region: config.AWS_REGION,
    secretOf: async (kind) => secrets[kind] || null,
    reroute: localHosts(config.GRIDGATE_LOCAL_HOSTS),
  }
  return {
    open(entries) {
      const opened = import('@gridgate/remote/instances/open-instances').then(({ instanceProviders }) =>
        instanceProviders(cloud).open(entries),
      )
      return {
        describe: async (target) => (await opened).describe(target),
        reboot: async (order, key) => (await opened).reboot(order, key),
        replace: async (order, key) => (await opened).replace(order, key),
      }
    },
  }
}
