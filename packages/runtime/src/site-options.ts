import type { AddressGuard } from '@gridgate/core/address-guard'
import { openClient } from '@gridgate/kube/client'
import type { RemoteClient } from '@gridgate/remote/remote-client'
import type { Config } from './config.ts'
import type { PlanOptions } from './infra-plan.ts'
import type { KubernetesOptions } from './kubernetes.ts'
import { controllerReach, localHosts } from './reach-controller.ts'
import { requireAllowed } from './require-allowed.ts'

/** What builds on clusters needs of the gateway: their addresses pass the guard (spec/decisions.md 8). */
export const siteOptions = (
  config: Config,
  guard: AddressGuard,
  remote: RemoteClient,
  plan: PlanOptions,
): KubernetesOptions => ({
  ...plan,
  open: (kubeconfig) =>
    openClient(kubeconfig, { checkAddress: (url, { address, port }) => requireAllowed(guard, url, address, port) }),
  reach: controllerReach(remote, localHosts(config.GRIDGATE_LOCAL_HOSTS)),
})
