import type { KubernetesObject } from './object.ts'

/** Label that names the cluster (as Gridgate knows it) whose infrastructure an object belongs to. */
export const clusterLabel = 'gridgate.io/cluster'

/**
 * The labels of everything that infra creation writes and infra removal takes away again. `part-of` keeps the objects of
 * blocks and vDAGs, which carry the first two as well, out of it.
 */
export function ownerLabels(clusterId: string): Record<string, string> {
  return {
    'app.kubernetes.io/managed-by': 'gridgate',
    'app.kubernetes.io/part-of': 'gridgate-infra',
    [clusterLabel]: clusterId,
  }
}

/** Whether the object is part of the infrastructure of this cluster. */
export function isOwned(object: KubernetesObject, clusterId: string): boolean {
  return Object.entries(ownerLabels(clusterId)).every(([name, value]) => object.metadata.labels?.[name] === value)
}
