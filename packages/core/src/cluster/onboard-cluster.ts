import { GridError } from '../errors.ts'
import { createClusterInfra } from '../infra/create-cluster-infra.ts'
import { settingsOf } from '../infra/settings-of.ts'
import type { InfraRequestPorts } from '../infra/start-infra-task.ts'
import type { Needs } from '../ports.ts'
import type { Warning } from '../warning.ts'
import type { StoredCluster } from './cluster-store.ts'
import { createCluster } from './create-cluster.ts'
import type { Asker } from './guard-document.ts'
import { documentIn } from './parser-envelope.ts'
import { prepareCluster } from './prepare-cluster.ts'

export interface Onboarded {
  stored: StoredCluster
  /** The task that builds the infrastructure, or null when no kubeconfig was given. */
  taskId: string | null
  warnings: Warning[]
}

/**
 * Registers a cluster as the onboarding script does (spec/gateway-api.md §12, spec/decisions.md 17): the bare document or the
 * parser's envelope, and with `kube_config_data` beside it also starts its infrastructure. Either both happen or nothing stays.
 * @throws {GridError} what `createCluster` and `createClusterInfra` throw
 */
export async function onboardCluster(
  ports: InfraRequestPorts & Needs<'trail'>,
  submitted: Readonly<Record<string, unknown>>,
  asker: Asker & { requestId: string },
): Promise<Onboarded> {
  const { kube_config_data: kubeconfig, ...body } = submitted
  const { document } = documentIn(body, 'the cluster document')
  const startsInfra = kubeconfig !== undefined && kubeconfig !== null && kubeconfig !== ''
  if (startsInfra) {
    // What is wrong with the infrastructure's part is told before anything is registered.
    settingsOf(prepareCluster(document).cluster)
    ports.kubeconfigReader.sanitise(kubeconfig)
  }

  const { stored, warnings } = await createCluster(ports, document, asker)
  if (!startsInfra) return { stored, taskId: null, warnings }

  try {
    const order = { cluster_id: stored.cluster.id, kube_config_data: kubeconfig }
    const { task_id: taskId } = await createClusterInfra(ports, { ...asker, body: order })
    return { stored, taskId, warnings }
  } catch (error) {
    await undo(ports, stored)
    throw error
  }
}

/** Takes the registration back, if nobody has touched it since. */
async function undo(ports: InfraRequestPorts & Needs<'trail'>, { cluster, version }: StoredCluster): Promise<void> {
  try {
    await ports.clusters.remove(cluster.id, version)
    ports.trail.note({ subject: `cluster ${cluster.id}`, before: cluster, after: null })
  } catch (error) {
    if (!(error instanceof GridError)) throw error
    ports.log.warn('cluster.registration_kept', { clusterId: cluster.id, reason: error.code })
  }
}
