import { GridError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Needs } from '../ports.ts'
import type { ClusterId } from './cluster.ts'
import type { StoredCluster } from './cluster-store.ts'
import { createCluster } from './create-cluster.ts'
import type { Asker, GuardPorts } from './guard-document.ts'
import type { UrlMap } from './url-map.ts'

/** A running cluster whose controller runs beside the gateway (spec/decisions.md 10). */
export interface Adoption {
  id: ClusterId
  /** Registered where no cluster of this id is there. */
  document: JsonObject
  /** UID of the `kube-system` namespace. */
  clusterUid: string
  controllerKey: JsonObject
  /** Where the controller answers. */
  urlMap: UrlMap
}

/**
 * Takes a running cluster into the network without building anything in it: registers it once the policies admit it, and
 * writes where its controller answers. Doing it again, with other addresses, is how every start goes on. Where services of
 * ours run in the cluster they stay, and its controller there is believed again when they are created again.
 * @throws {GridError} `cluster.identity_mismatch`; `cluster.in_use` while a task builds or removes its services; what `createCluster` throws
 */
export async function adoptCluster(
  ports: Needs<'clusters' | 'trail'> & GuardPorts,
  { id, document, clusterUid, controllerKey, urlMap }: Adoption,
  asker: Asker,
): Promise<StoredCluster> {
  const stored =
    (await ports.clusters.findOutline(id)) ?? (await createCluster(ports, { ...document, id }, asker)).stored
  const { infra, clusterUid: known } = stored.system
  if (known !== null && known !== clusterUid)
    throw new GridError('cluster.identity_mismatch', `cluster ${id} is another Kubernetes cluster than this one`)
  if (infra.state === 'creating' || infra.state === 'removing')
    throw new GridError('cluster.in_use', `task ${infra.taskId} is ${infra.state} the infrastructure of cluster ${id}`)
  const changedAt = ports.clock.now().toISOString()
  return ports.clusters.writeSystem(id, stored.version, {
    ...(infra.state === 'absent' ? { infra: { state: 'adopted', taskId: null, changedAt } } : {}),
    isAdopted: true,
    clusterUid,
    controller: 'reachable',
    controllerKey,
    urlMap: { ...urlMap },
  })
}
