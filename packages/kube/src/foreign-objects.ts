import { GridError } from '@gridgate/core/errors'
import type { KubeClient } from './client.ts'
import { kinds } from './kinds.ts'
import type { ServedResource } from './listing.ts'
import { describeReference, type KubernetesObject, referenceOf, textAt } from './object.ts'

/** Most objects looked at per resource type; more than a handful says enough. */
const itemsMax = 200
/** Most foreign objects named. */
const namedMax = 20

/** Types whose objects are by-products of others, never someone's property. */
const byProducts = new Set(['events', 'endpoints', 'endpointslices', 'controllerrevisions', 'leases'])

/** Where blocks and vDAG controllers run. */
const tenantNamespaces = ['blocks', 'vdags'] as const

/**
 * Names everything in a namespace that removing the namespace would destroy and that nobody but its owner may: objects of
 * every type the cluster serves, except those that Kubernetes makes by itself. A type that may not be listed counts as
 * foreign, because it cannot be ruled out.
 */
export async function foreignObjects(
  client: KubeClient,
  types: readonly ServedResource[],
  namespace: string,
): Promise<string[]> {
  const foreign: string[] = []
  for (const type of types) {
    if (!isPossession(type) || foreign.length >= namedMax) continue
    try {
      const objects = await client.list(type, { namespace, itemsMax })
      foreign.push(...objects.filter(isPossessed).map((object) => describeReference(referenceOf(object))))
    } catch (error) {
      if (!(error instanceof GridError) || error.code !== 'kube.forbidden') throw error
      foreign.push(`${type.kind}: not allowed to list`)
    }
  }
  return foreign.slice(0, namedMax)
}

/**
 * Makes sure that no block and no vDAG controller runs, before infrastructure is taken away (spec/errors-and-gaps.md 54).
 * @throws {GridError} `infra.not_empty` naming up to 20 of them
 */
export async function requireNoTenants(client: KubeClient): Promise<void> {
  const workloads = [kinds.deployment, kinds.statefulSet, kinds.job, kinds.pod, kinds.daemonSet]
  const served = (await client.serves(kinds.jobSet)) ? [...workloads, kinds.jobSet] : workloads
  const found: string[] = []
  for (const namespace of tenantNamespaces) {
    for (const kind of served) {
      const objects = await client.list(kind, { namespace, itemsMax })
      found.push(...objects.filter(isPossessed).map((object) => describeReference(referenceOf(object))))
    }
  }
  if (found.length === 0) return
  const named = found.slice(0, namedMax)
  throw new GridError('infra.not_empty', `${found.length} workloads still run on the cluster: ${named.join(', ')}`, {
    details: { workloads: named },
  })
}

function isPossession(type: ServedResource): boolean {
  const isComputed = type.apiVersion.startsWith('metrics.k8s.io/')
  return type.namespaced && type.verbs.includes('list') && !byProducts.has(type.plural) && !isComputed
}

/** Whether an object is something of its own: not made by a controller from another object, nor by Kubernetes for every namespace. */
function isPossessed(object: KubernetesObject): boolean {
  const { name, ownerReferences = [] } = object.metadata
  if (ownerReferences.some((owner) => owner.controller === true)) return false
  if (object.kind === 'ServiceAccount' && name === 'default') return false
  if (object.kind === 'ConfigMap' && name === 'kube-root-ca.crt') return false
  return textAt(object, 'type') !== 'kubernetes.io/service-account-token'
}
