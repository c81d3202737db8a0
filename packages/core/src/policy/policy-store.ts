import type { Page } from '../page.ts'
import type { PolicyCode } from './engine.ts'
import type { Policy, PolicyUri } from './policy.ts'

export interface StoredPolicy {
  policy: Policy
  /** sha256 of the pinned code; null while an URL could not be fetched (spec/decisions.md 18). */
  digest: string | null
  /** The scope that owns it: `network` or a cluster id (spec/decisions.md 46). */
  tenant: string
  version: number
}

/** Port: the policy registry. Code is kept beside the entry, by digest. */
export interface PolicyStore {
  find(uri: PolicyUri): Promise<StoredPolicy | null>
  /** The pinned code of a policy; null while none is pinned. */
  code(uri: PolicyUri): Promise<PolicyCode | null>
  /** @throws {GridError} `policy.exists` */
  create(policy: StoredPolicy, code: PolicyCode | null): Promise<StoredPolicy>
  /** @throws {GridError} `policy.changed` when it no longer has `version` */
  replace(policy: StoredPolicy, code: PolicyCode | null): Promise<StoredPolicy>
  remove(uri: PolicyUri, version: number): Promise<void>
  list(options: { after: string | null; limit: number }): Promise<Page<StoredPolicy>>
}
