import { type Caller, inScope } from '../caller.ts'
import type { ClusterId } from '../cluster/cluster.ts'
import { clusterNotFound } from '../cluster/read-cluster.ts'
import type { Needs } from '../ports.ts'
import type { Versioned } from './failover-settings-store.ts'
import { activeFreeze } from './freeze.ts'
import { NetworkFailover, type StoredNetwork } from './network.ts'
import type { FailoverSettings } from './settings.ts'

/** How failover works on a cluster, as it holds now. @throws {GridError} `cluster.not_found` */
export async function readSettings(
  ports: Needs<'failoverSettings' | 'clusters' | 'clock'>,
  id: ClusterId,
  caller: Caller,
): Promise<Versioned<FailoverSettings>> {
  if (!inScope(caller, id) || !(await ports.clusters.findOutline(id))) throw clusterNotFound(id)
  const { value, version } = await ports.failoverSettings.find(id)
  return { value: { ...value, freeze: activeFreeze(value.freeze, ports.clock.now()) }, version }
}

/** How failover works in the network, as it holds now. */
export async function readNetworkFailover(
  ports: Needs<'failoverSettings' | 'clock'>,
): Promise<Versioned<NetworkFailover>> {
  const { value, version } = await ports.failoverSettings.findNetwork()
  return { value: shownNetwork(value, ports.clock.now()), version }
}

/** The network as it is told to a caller: what holds now, without what only the breaker reads. */
export const shownNetwork = (stored: StoredNetwork, now: Date): NetworkFailover =>
  NetworkFailover.parse({ ...stored, freeze: activeFreeze(stored.freeze, now) })
