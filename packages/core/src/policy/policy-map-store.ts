/** What guards one action: a policy and what it is run with. */
export interface PolicyBinding {
  policyRuleURI: string
  parameters?: Record<string, unknown>
  settings?: Record<string, unknown>
}

/** A map action → policy of the network, as stored. */
export interface StoredPolicyMap {
  map: Record<string, string | PolicyBinding>
  version: number
}

/** Port: the network's policy map; those of clusters stand in `config.actionsPolicyMap` of the cluster. */
export interface PolicyMapStore {
  /** Version 0 with an empty map before the first change. */
  read(): Promise<StoredPolicyMap>
  /** Puts the next version if the stored one is still `version`; old versions are kept. @throws {GridError} `policy.changed` */
  replace(map: StoredPolicyMap['map'], version: number): Promise<StoredPolicyMap>
}
