import type { PolicyMap } from './policy-map.ts'

/** The network's policy map as stored; its keys are actions, never aliases. */
export interface StoredPolicyMap {
  map: PolicyMap
  version: number
}

/** Port: the network's policy map; those of clusters stand in `config.actionsPolicyMap` of the cluster. */
export interface PolicyMapStore {
  /** Strongly consistent, so that a change holds from the next request on; version 0 with an empty map before the first change. */
  read(): Promise<StoredPolicyMap>
  /** Puts the next version if the stored one is still `version`; old versions are kept. @throws {GridError} `policy.changed` */
  replace(map: PolicyMap, version: number): Promise<StoredPolicyMap>
}
