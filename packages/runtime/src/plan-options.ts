import type { GatewayKeys } from '@gridgate/core/controller/gateway-keys'
import type { PublicKey } from '@gridgate/kube/components/infra-config'
import type { Config } from './config.ts'
import type { PlanOptions } from './infra-plan.ts'
import { readInfraSetup } from './kubernetes-config.ts'

/** What infrastructures are made of: the configured images, and the gateway's keys. */
export const planOptions = (config: Config, keys: GatewayKeys): PlanOptions => ({
  // The local product hands out addresses of this machine: they mean the same in its simulated cluster.
  setup: readInfraSetup(config.GRIDGATE_INFRA_CONFIG, config.GRIDGATE_OUTBOUND_LOCAL !== ''),
  gatewayKeys: async () => (await keys.publicKeys()) as unknown as PublicKey[],
})
