import type { Page } from '../page.ts'
import type { PolicyCode } from './engine.ts'
import type { Policy, PolicyUri } from './policy.ts'

export interface StoredPolicy {
  policy: Policy
  /** Grows by one with every write; the ETag on the wire. */
  version: number
}

/** Port: the policy registry. Code is kept beside the entry; a digest, once pinned, never changes. */
export interface PolicyStore {
  find(uri: PolicyUri): Promise<StoredPolicy | null>
  /** The code that was pinned for a policy under this digest; null when the policy or that code is gone. */
  code(uri: PolicyUri, digest: string): Promise<PolicyCode | null>
  /** @throws {GridError} `policy.exists` */
  create(policy: Policy, code: PolicyCode | null): Promise<StoredPolicy>
  /**
   * Replaces the entry if it still has `version`; null as code leaves the pinned one as it is.
   * @throws {GridError} `policy.changed`
   */
  replace(policy: Policy, code: PolicyCode | null, version: number): Promise<StoredPolicy>
  /** Removes entry and code if it still has `version`. @throws {GridError} `policy.changed` */
  remove(uri: PolicyUri, version: number): Promise<void>
  /** Policies in the order of their URIs, after the one named. */
  list(options: { after: string | null; limit: number }): Promise<Page<StoredPolicy>>
}
