import { isIP } from 'node:net'
import type { AddressGuard } from '@gridgate/core/address-guard'
import type { GatewayKeys } from '@gridgate/core/controller/gateway-keys'
import { openClient } from '@gridgate/kube/client'
import type { PublicKey } from '@gridgate/kube/components/infra-config'
import type { RemoteClient } from '@gridgate/remote/remote-client'
import type { Config } from './config.ts'
import type { KubernetesOptions } from './kubernetes.ts'
import { readInfraSetup } from './kubernetes-config.ts'
import { controllerReach, localHosts } from './reach-controller.ts'
import { requireAllowed } from './require-allowed.ts'

/** What builds on clusters needs of the gateway: their addresses pass the guard (spec/decisions.md 8), with the configured images. */
export const siteOptions = (
  config: Config,
  guard: AddressGuard,
  remote: RemoteClient,
  keys: GatewayKeys,
): KubernetesOptions => ({
  // The local product hands out addresses of this machine: they mean the same in its simulated cluster.
  setup: readInfraSetup(config.GRIDGATE_INFRA_CONFIG, config.GRIDGATE_OUTBOUND_LOCAL !== ''),
  gatewayKeys: async () => (await keys.publicKeys()) as unknown as PublicKey[],
  open: (kubeconfig) =>
    openClient(kubeconfig, { checkAddress: (url, { address, port }) => requireAllowed(guard, url, address, port) }),
  checkServer(server) {
    const host = server.hostname.replace(/^\[|\]$/g, '')
    // A name is resolved, and its address held against the rules, when it is connected to.
    if (isIP(host) !== 0) requireAllowed(guard, server, host, Number(server.port || 443))
  },
  reach: controllerReach(remote, localHosts(config.GRIDGATE_LOCAL_HOSTS)),
})
