import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { EvaluationRequest, PolicyCode } from './engine.ts'
import { mergeArguments } from './merge-arguments.ts'
import { type Policy, servesCluster, tenantOf } from './policy.ts'
import type { PolicyBinding } from './policy-map.ts'

/** Where a binding stands. */
export interface BoundPolicy {
  level: 'network' | 'cluster'
  clusterId: string | null
  binding: PolicyBinding
}

/**
 * What the engine needs of a policy that a map names: its pinned code, and the registry's defaults under the map's own arguments.
 * A cluster's own policy guards only that cluster: another one's data never enters its process.
 * @throws {GridError} `policy.not_found` (503), because who asks is not at fault (spec/decisions.md 3)
 */
export async function loadBound(
  ports: Needs<'policies'>,
  { level, clusterId, binding: { policyRuleURI, parameters, settings } }: BoundPolicy,
): Promise<Pick<EvaluationRequest, 'tenant' | 'code' | 'settings' | 'parameters'>> {
  const stored = await ports.policies.find(policyRuleURI)
  if (!stored || !servesCluster(stored.policy, level === 'cluster' ? clusterId : null))
    throw new GridError('policy.not_found', `the policy ${policyRuleURI} is not registered`, { status: 503 })
  const code = await pinnedCode(ports, stored.policy)
  return {
    tenant: tenantOf(stored.policy),
    code,
    settings: mergeArguments(stored.policy.policy_settings, settings),
    parameters: mergeArguments(stored.policy.policy_parameters, parameters),
  }
}

/** The pinned code of a policy. @throws {GridError} `policy.not_found` (503) while there is none */
export async function pinnedCode(ports: Needs<'policies'>, policy: Policy): Promise<PolicyCode> {
  const { policy_rule_uri: uri, code_digest: digest } = policy
  const code = digest === null ? null : await ports.policies.code(uri, digest)
  if (!code) throw new GridError('policy.not_found', `the policy ${uri} has no code yet`, { status: 503 })
  return code
}
