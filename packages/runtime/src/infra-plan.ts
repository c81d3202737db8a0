import { createHash } from 'node:crypto'
import type { ClusterId } from '@gridgate/core/cluster/cluster'
import { GridError } from '@gridgate/core/errors'
import {
  type InfraBuild,
  type InfraPart,
  type InfraPlan,
  type InfraTarget,
  infraParts,
} from '@gridgate/core/infra/infra-builder'
import type { Json } from '@gridgate/core/json'
import type { InfraCluster, PublicKey } from '@gridgate/kube/components/infra-config'
import { objectsOf } from '@gridgate/kube/components/objects-for'
import { compareInfra } from '@gridgate/kube/drift'
import { isKind } from '@gridgate/kube/kinds'
import { type KubernetesObject, referenceOf } from '@gridgate/kube/object'
import { z } from 'zod'
import type { InfraSetup } from './kubernetes-config.ts'

/** What the infrastructure is made of. */
export interface PlanOptions {
  setup: InfraSetup
  /** The gateway's public keys of now, which the controller is told. */
  gatewayKeys: () => Promise<readonly PublicKey[]>
}

/** How a cluster is exposed, as the task keeps it between two steps. */
const Exposure = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('node-port') }),
  z.object({ kind: z.literal('mapping'), apiVersion: z.string() }),
  z.object({ kind: z.literal('http-route'), gateway: z.object({ namespace: z.string(), name: z.string() }) }),
])

/** Works out with packages/kube what belongs on a cluster. */
export function infraPlan(options: PlanOptions): InfraPlan {
  const objects = plannedObjects(options)
  const desired = (clusterId: ClusterId, { settings, exposure }: InfraBuild): Promise<KubernetesObject[]> =>
    objects({ owner: clusterId, settings, exposure }, infraParts)
  return {
    configuration: () => ({ digest: digestOf(options.setup), image: options.setup.images.controller }),
    references: async (id, build) => (await desired(id, build)).map((object) => ({ ...referenceOf(object) })),
    compare: async (id, build, found) => compareInfra(id, await desired(id, build), objectsFound(found)),
  }
}

/** Gives the objects of parts, as they are to be with the keys of now. */
export const plannedObjects =
  ({ setup, gatewayKeys }: PlanOptions) =>
  async (target: Described, parts: readonly InfraPart[]): Promise<KubernetesObject[]> => {
    const config = { ...setup, gatewayKeys: await gatewayKeys() }
    return parts.flatMap((part) => objectsOf(part, toCluster(target), config))
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
