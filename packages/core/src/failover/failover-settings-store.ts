import type { ClusterId } from '../cluster/cluster.ts'
import type { StoredNetwork } from './network.ts'
import type { FailoverSettings } from './settings.ts'

/** Settings with the version they were read at; it is the ETag on the wire. */
export interface Versioned<Value> {
  value: Value
  version: number
}

/** Port: how failover works, by cluster and in the network. Strongly consistent; the defaults with version 0 before the first change. */
export interface FailoverSettingsStore {
  find(id: ClusterId): Promise<Versioned<FailoverSettings>>
  /**
   * Puts the next version if the stored one is still `version`.
   * @throws {GridError} `failover.changed`; `cluster.not_found` when the cluster was removed meanwhile or is being removed
   */
  replace(id: ClusterId, settings: FailoverSettings, version: number): Promise<Versioned<FailoverSettings>>
  findNetwork(): Promise<Versioned<StoredNetwork>>
  /** @throws {GridError} `failover.changed` */
  replaceNetwork(network: StoredNetwork, version: number): Promise<Versioned<StoredNetwork>>
}
