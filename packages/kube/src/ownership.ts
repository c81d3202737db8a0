import { executorName } from '@gridgate/core/executor/executor'
import type { KubernetesObject } from './object.ts'

/** Label that names the cluster (as Gridgate knows it) whose infrastructure an object belongs to. */
export const clusterLabel = 'gridgate.io/cluster'
/** The same for a policy executor. */
export const executorLabel = 'gridgate.io/executor'

const executorPrefix = executorName('')

/**
 * The labels of everything that infra creation writes and infra removal takes away again. `part-of` keeps the objects of
 * blocks and vDAGs, which carry the first two as well, out of it.
 * @param owner the id of a cluster, or `executorName` of an executor
 */
export function ownerLabels(owner: string): Record<string, string> {
  if (owner.startsWith(executorPrefix))
    return {
      'app.kubernetes.io/managed-by': 'gridgate',
      'app.kubernetes.io/part-of': 'gridgate-executor',
      [executorLabel]: owner.slice(executorPrefix.length),
    }
  return {
    'app.kubernetes.io/managed-by': 'gridgate',
    'app.kubernetes.io/part-of': 'gridgate-infra',
    [clusterLabel]: owner,
  }
}

/** Whether the object is part of the infrastructure of this cluster or executor. */
export function isOwned(object: KubernetesObject, owner: string): boolean {
  return Object.entries(ownerLabels(owner)).every(([name, value]) => object.metadata.labels?.[name] === value)
}
