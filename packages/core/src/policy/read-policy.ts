import type { Caller } from '../caller.ts'
import type { Needs } from '../ports.ts'
import { pinnedCode } from './load-bound.ts'
import { findVisible } from './own-policy.ts'
import type { PolicyUri } from './policy.ts'
import type { StoredPolicy } from './policy-store.ts'

/**
 * A registry entry. `code` is the URL that it was fetched from, or the code itself: source text, or an archive in base64.
 * @throws {GridError} `policy.not_found`
 */
export async function readPolicy(ports: Needs<'policies'>, uri: PolicyUri, caller: Caller): Promise<StoredPolicy> {
  const { policy, version } = await findVisible(ports, uri, caller)
  if (policy.code !== `sha256:${policy.code_digest}`) return { policy, version }
  const { data } = await pinnedCode(ports, policy)
  return { policy: { ...policy, code: data }, version }
}
