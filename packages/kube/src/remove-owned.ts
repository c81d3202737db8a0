import { GridError } from '@gridgate/core/errors'
import type { KubeClient } from './client.ts'
import { foreignObjects } from './foreign-objects.ts'
import { type Kind, kinds } from './kinds.ts'
import { type KubernetesObject, type ObjectReference, referenceOf } from './object.ts'
import { ownerLabels } from './ownership.ts'

/** What one pass of a removal found and did. The removal is finished when nothing remains. */
export interface Removal {
  /** Objects whose removal was asked for in this pass. */
  readonly removed: ObjectReference[]
  /** Objects of ours that are still there, those that are ending included. */
  readonly remaining: ObjectReference[]
  /** Namespaces of ours that stay because they hold something that is not ours. */
  readonly kept: { readonly namespace: string; readonly foreign: string[] }[]
}

/** The opposite of the order of creation. A stage begins when nothing of the one before is left. */
const stages: readonly (readonly Kind[])[] = [
  [kinds.httpRoute, kinds.mappingV3, kinds.mappingV2, kinds.service],
  [kinds.daemonSet, kinds.deployment, kinds.statefulSet],
  [kinds.persistentVolumeClaim, kinds.networkPolicy, kinds.configMap, kinds.secret],
  [kinds.roleBinding, kinds.role, kinds.clusterRoleBinding, kinds.clusterRole, kinds.serviceAccount],
]

/** Kinds that a cluster may lack. */
const optional = new Set<Kind>([kinds.httpRoute, kinds.mappingV3, kinds.mappingV2])

/**
 * One pass of the removal of everything that carries our labels; asked again until nothing remains, so no call waits.
 * Each object is removed by its UID: what someone made anew under the same name in the meantime stays.
 */
export async function removeOwned(client: KubeClient, clusterId: string): Promise<Removal> {
  for (const stage of stages) {
    const found = await ownedOf(client, clusterId, stage)
    if (found.length === 0) continue
    const removed = await removeEach(client, found)
    const left = await remaining(client, clusterId)
    return { removed, remaining: left, kept: [] }
  }
  return removeNamespaces(client, clusterId)
}

/** Lists what is left of the cluster's infrastructure, namespaces included. */
export async function remaining(client: KubeClient, clusterId: string): Promise<ObjectReference[]> {
  const found = await ownedOf(client, clusterId, [...stages.flat(), kinds.namespace])
  return found.map(referenceOf)
}

async function ownedOf(client: KubeClient, clusterId: string, stage: readonly Kind[]): Promise<KubernetesObject[]> {
  const found = new Map<string, KubernetesObject>()
  for (const kind of stage) {
    if (optional.has(kind) && !(await client.serves(kind))) continue
    // Two versions of one kind show the same objects.
    for (const object of await client.list(kind, { labels: ownerLabels(clusterId) }))
      found.set(object.metadata.uid ?? '', object)
  }
  return [...found.values()]
}

async function removeEach(client: KubeClient, objects: readonly KubernetesObject[]): Promise<ObjectReference[]> {
  const removed: ObjectReference[] = []
  for (const object of objects) {
    const { uid, deletionTimestamp } = object.metadata
    if (deletionTimestamp !== undefined || uid === undefined) continue
    // Foreground: a workload counts as gone when its pods are.
    if (await removeOnce(client, referenceOf(object), uid)) removed.push(referenceOf(object))
  }
  return removed
}

/** A conflict means that the UID is another one now: ours is gone, the new object is not ours to remove. */
async function removeOnce(client: KubeClient, reference: ObjectReference, uid: string): Promise<boolean> {
  try {
    return await client.remove(reference, { uid, propagation: 'Foreground' })
  } catch (error) {
    if (error instanceof GridError && error.code === 'kube.conflict') return false
    throw error
  }
}

async function removeNamespaces(client: KubeClient, clusterId: string): Promise<Removal> {
  const namespaces = await ownedOf(client, clusterId, [kinds.namespace])
  const removed: ObjectReference[] = []
  const kept: Removal['kept'] = []
  const left: ObjectReference[] = []
  const types = namespaces.length === 0 ? [] : await client.resources()
  for (const namespace of namespaces) {
    const foreign = namespace.metadata.deletionTimestamp
      ? []
      : await foreignObjects(client, types, namespace.metadata.name)
    if (foreign.length > 0) {
      kept.push({ namespace: namespace.metadata.name, foreign })
      continue
    }
    removed.push(...(await removeEach(client, [namespace])))
    if (await client.get(referenceOf(namespace))) left.push(referenceOf(namespace))
  }
  return { removed, remaining: left, kept }
}
