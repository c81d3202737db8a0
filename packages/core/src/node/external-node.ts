import type { StoredCluster } from '../cluster/cluster-store.ts'
import { hasController } from '../controller/controller-client.ts'
import { GridError } from '../errors.ts'

/** Where a joining machine says it stands; any other mode is outside of the cluster's own network (spec/clusters-and-nodes.md §6). */
export const localMode = 'local_network'

/**
 * A machine from outside is one that reaches the control plane by its public name: it may join only where the cluster says so
 * (spec/onboarding.md §1). Who only claims to stand inside gets the name that is good for nothing outside.
 * @throws {GridError} `node.external_refused`
 */
export function refuseExternalJoin({ cluster }: StoredCluster, mode: string): void {
  if (mode === localMode || cluster.config.allowExternalNodes === true) return
  throw refused(
    `a node that joins by ${mode} is external to ${cluster.id}, whose config.allowExternalNodes is not true`,
  )
}

/**
 * At add-node nothing tells where the machine stands. A cluster with a controller proves it: the node must be in its
 * Kubernetes already. Without one, a cluster that says no to external nodes takes none on trust.
 * @throws {GridError} `node.external_refused`
 */
export function refuseUnprovenNode(stored: StoredCluster): void {
  const { id, config } = stored.cluster
  if (config.allowExternalNodes !== false || hasController(stored)) return
  throw refused(`${id} takes no external nodes, and without a controller nothing shows that this one is not external`)
}

const refused = (why: string): GridError => new GridError('node.external_refused', why)
