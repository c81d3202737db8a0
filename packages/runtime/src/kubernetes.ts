import { createHash } from 'node:crypto'
import type { ClusterId } from '@gridgate/core/cluster/cluster'
import { GridError } from '@gridgate/core/errors'
import {
  type InfraBuild,
  type InfraBuilder,
  type InfraPart,
  type InfraTarget,
  infraParts,
  type Written,
} from '@gridgate/core/infra/infra-builder'
import type { Json, JsonObject } from '@gridgate/core/json'
import { type Applied, applyAll } from '@gridgate/kube/apply'
import type { KubeClient } from '@gridgate/kube/client'
import type { InfraCluster, PublicKey } from '@gridgate/kube/components/infra-config'
import { namespaces } from '@gridgate/kube/components/names'
import { objectsOf } from '@gridgate/kube/components/objects-for'
import { controllerPublicKey } from '@gridgate/kube/controller-identity'
import { compareInfra } from '@gridgate/kube/drift'
import { requireNoTenants } from '@gridgate/kube/foreign-objects'
import { isKind } from '@gridgate/kube/kinds'
import { type Kubeconfig, sanitise, sealedText } from '@gridgate/kube/kubeconfig'
import { describeReference, type KubernetesObject, referenceOf } from '@gridgate/kube/object'
import { preflight, requireIdentity } from '@gridgate/kube/preflight'
import { remaining, removeOwned } from '@gridgate/kube/remove-owned'
import { z } from 'zod'
import type { InfraSetup } from './kubernetes-config.ts'
import { connector, judge, requireNothingForeign, said } from './kubernetes-site.ts'

/** What the builder needs from outside. */
export interface KubernetesOptions {
  setup: InfraSetup
  /** The gateway's public keys of now, which the controller is told. */
  gatewayKeys: () => Promise<readonly PublicKey[]>
  /** Opens a client of its own for one call. */
  open: (kubeconfig: Kubeconfig) => KubeClient
  /** Refuses a server that is written as an address which may not be called. @throws {GridError} `address.refused` */
  checkServer: (server: URL) => void
  /** Asks a controller at its public address for proof of its identity. */
  reach: InfraBuilder['reachController']
}

/** How a cluster is exposed, as the task keeps it between two steps. */
const Exposure = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('node-port') }),
  z.object({ kind: z.literal('mapping'), apiVersion: z.string() }),
  z.object({ kind: z.literal('http-route'), gateway: z.object({ namespace: z.string(), name: z.string() }) }),
])

/** Builds and removes infrastructure with packages/kube; each call has a client of its own (spec/errors-and-gaps.md 5). */
export function kubernetes({ setup, gatewayKeys, open, checkServer, reach }: KubernetesOptions): InfraBuilder {
  const on = connector(open)
  const objects = async (target: Described, parts: readonly InfraPart[]): Promise<KubernetesObject[]> => {
    const config = { ...setup, gatewayKeys: await gatewayKeys() }
    return parts.flatMap((part) => objectsOf(part, toCluster(target), config))
  }
  const desired = (clusterId: ClusterId, { settings, exposure }: InfraBuild): Promise<KubernetesObject[]> =>
    objects({ owner: clusterId, settings, exposure }, infraParts)
  return {
    sanitise(kubeconfig) {
      const clean = sanitise(kubeconfig)
      checkServer(new URL(clean.server))
      return sealedText(clean)
    },
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
    configuration: () => ({ digest: digestOf(setup), image: setup.images.controller }),
    references: async (id, build) => (await desired(id, build)).map((object) => ({ ...referenceOf(object) })),
    compare: async (id, build, found) => compareInfra(id, await desired(id, build), objectsFound(found)),
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

type Described = Pick<InfraTarget, 'owner' | 'settings' | 'exposure'>

const digestOf = (setup: InfraSetup): string => createHash('sha256').update(JSON.stringify(setup)).digest('hex')

const Found = z.object({
  objects: z.array(
    z.looseObject({
      apiVersion: z.string(),
      kind: z.string(),
      metadata: z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()).optional() }),
    }),
  ),
})

/** What a controller says is there. @throws {GridError} `controller.failed` */
function objectsFound(found: Json): KubernetesObject[] {
  const parsed = Found.safeParse(found)
  if (parsed.success && parsed.data.objects.every(isKind)) return parsed.data.objects as KubernetesObject[]
  throw new GridError('controller.failed', 'the controller told something else than objects')
}

function toCluster({ owner, settings, exposure }: Described): InfraCluster {
  return {
    id: owner,
    publicHostname: settings.publicHostname,
    publicScheme: settings.publicScheme,
    collectIntervalSeconds: settings.collectIntervalSeconds,
    exposure: Exposure.parse(exposure),
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
