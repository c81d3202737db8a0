import type { InfraBuilder, Written } from '@gridgate/core/infra/infra-builder'
import type { JsonObject } from '@gridgate/core/json'
import { type Applied, applyAll } from '@gridgate/kube/apply'
import type { KubeClient } from '@gridgate/kube/client'
import { namespaces } from '@gridgate/kube/components/names'
import { controllerPublicKey } from '@gridgate/kube/controller-identity'
import { requireNoTenants } from '@gridgate/kube/foreign-objects'
import type { Kubeconfig } from '@gridgate/kube/kubeconfig'
import { describeReference } from '@gridgate/kube/object'
import { preflight, requireIdentity } from '@gridgate/kube/preflight'
import { remaining, removeOwned } from '@gridgate/kube/remove-owned'
import { type PlanOptions, plannedObjects } from './infra-plan.ts'
import { connector, judge, requireNothingForeign, said } from './kubernetes-site.ts'

/** What the builder needs from outside. */
export interface KubernetesOptions extends PlanOptions {
  /** Opens a client of its own for one call. */
  open: (kubeconfig: Kubeconfig) => KubeClient
  /** Asks a controller at its public address for proof of its identity. */
  reach: InfraBuilder['reachController']
}

/** Builds and removes infrastructure with packages/kube; each call has a client of its own (spec/errors-and-gaps.md 5). */
export function kubernetes({ setup, gatewayKeys, open, reach }: KubernetesOptions): InfraBuilder {
  const on = connector(open)
  const objects = plannedObjects({ setup, gatewayKeys })
  return {
    inspect: (target, known) =>
      on(target, async (client) => {
        const found = await preflight(client, {
          clusterId: target.owner,
          identity: known,
          useGateway: target.settings.useGateway,
          ...(setup.gateway ? { gateway: setup.gateway } : {}),
        })
        return { ...found, exposure: { ...found.exposure } as JsonObject }
      }),
    apply: (target, part) =>
      on(target, async (client) => {
        const { owner, freshNamespaces } = target
        // Whether an infrastructure is there shows in its namespaces.
        const isFirst = part === 'namespaces' || Object.values(namespaces).every((one) => freshNamespaces.includes(one))
        return written(await applyAll(client, owner, await objects(target, [part]), { isFirst, freshNamespaces }))
      }),
    readiness: (target, parts, closely) =>
      on(target, async (client) => {
        return judge(client, await objects(target, parts), { withPods: closely, owner: target.owner })
      }),
    controllerKey: (site) =>
      on(site, async (client) => (await controllerPublicKey(client, site.owner)) as JsonObject | null),
    reachController: reach,
    requireRemovable: (site, known) => on(site, (client) => requireRemovable(client, site.owner, known)),
    removePass: (site) =>
      on(site, async (client) => {
        const { remaining: left, kept } = await removeOwned(client, site.owner)
        return { remaining: left.map(describeReference), kept: [...kept] }
      }),
    leftovers: (site) => on(site, async (client) => (await remaining(client, site.owner)).map(describeReference)),
  }
}

const written = (applied: readonly Applied[]): Written => ({
  said: said(applied),
  createdNamespaces: applied
    .filter(({ kind, outcome }) => kind === 'Namespace' && outcome === 'created')
    .map(({ name }) => name),
})

/** @throws {GridError} `cluster.identity_mismatch`, `infra.not_empty` */
async function requireRemovable(client: KubeClient, clusterId: string, known: string | null): Promise<void> {
  await requireIdentity(client, clusterId, known)
  await requireNoTenants(client)
  await requireNothingForeign(client, clusterId, Object.values(namespaces))
}
