import { type InfraPart, infraParts } from '@gridgate/core/infra/infra-builder'
import type { KubernetesObject } from '../object.ts'
import { accessObjects } from './access.ts'
import { controllerObjects } from './controller.ts'
import { exposureObjects } from './exposure.ts'
import type { InfraCluster, InfraConfig } from './infra-config.ts'
import { metricsCollectorObjects } from './metrics-collector.ts'
import { metricsDatabaseObjects } from './metrics-database.ts'
import { metricsWriterObjects } from './metrics-writer.ts'
import { namespaceObjects } from './namespaces.ts'
import { networkPolicyObjects } from './network-policies.ts'

const builders: Record<InfraPart, (cluster: InfraCluster, config: InfraConfig) => KubernetesObject[]> = {
  namespaces: () => namespaceObjects(),
  access: (cluster) => [...accessObjects(cluster.id), ...networkPolicyObjects(cluster.id)],
  'metrics-database': (_cluster, config) => metricsDatabaseObjects(config),
  'metrics-writer': metricsWriterObjects,
  collector: (_cluster, config) => metricsCollectorObjects(config),
  controller: controllerObjects,
  exposure: (cluster) => exposureObjects(cluster),
}

/** The objects of one part. Pure: the same cluster and configuration give the same objects, to be written by `applyAll`. */
export function objectsOf(part: InfraPart, cluster: InfraCluster, config: InfraConfig): KubernetesObject[] {
  return builders[part](cluster, config)
}

/** All objects of a cluster's infrastructure, by part, in the order of creation. */
export function objectsFor(
  cluster: InfraCluster,
  config: InfraConfig,
): { part: InfraPart; objects: KubernetesObject[] }[] {
  return infraParts.map((part) => ({ part, objects: objectsOf(part, cluster, config) }))
}
