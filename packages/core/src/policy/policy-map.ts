import { z } from 'zod'
import type { Cluster } from '../cluster/cluster.ts'
import { JsonObject } from '../json.ts'
import { toPolicyAction } from './actions.ts'
import { PolicyUri } from './policy.ts'

/** What guards one action: a policy, and what it is run with over the registry's defaults. */
export const PolicyBinding = z.object({
  policyRuleURI: PolicyUri,
  parameters: JsonObject.optional(),
  settings: JsonObject.optional(),
})
export type PolicyBinding = z.infer<typeof PolicyBinding>

/** A value of a policy map: a URI, or an object with one (spec/errors-and-gaps.md 19). */
export const PolicyMapValue = z.union([PolicyUri, PolicyBinding])
export type PolicyMapValue = z.infer<typeof PolicyMapValue>

/** A policy map, action → policy. */
export const PolicyMap = z.record(z.string(), PolicyMapValue)
export type PolicyMap = z.infer<typeof PolicyMap>

/** A change of a map: what is named is set, an empty string or null removes, the rest stays (spec/gateway-api.md §10). */
export const PolicyMapChange = z.record(
  z.string().max(100),
  z.union([PolicyUri, PolicyBinding, z.literal(''), z.null()], {
    error: 'must be a policy URI, an object with policyRuleURI, or "" or null to remove the policy',
  }),
)
export type PolicyMapChange = z.infer<typeof PolicyMapChange>

/**
 * What a map says about an action: nothing, a binding, or something that is not readable as one.
 * Aliases are looked at where the action's own name is not in the map.
 */
export function bindingOf(map: Readonly<Record<string, unknown>>, action: string): PolicyBinding | 'unreadable' | null {
  const names = [action, ...Object.keys(map).filter((name) => name !== action && toPolicyAction(name) === action)]
  const name = names.find((each) => Object.hasOwn(map, each) && !isEmpty(map[each]))
  if (name === undefined) return null
  const parsed = PolicyMapValue.safeParse(map[name])
  if (!parsed.success) return 'unreadable'
  return typeof parsed.data === 'string' ? { policyRuleURI: parsed.data } : parsed.data
}

/** The documented way to have no policy is an empty string. */
const isEmpty = (value: unknown): boolean => value === null || value === undefined || value === ''

/** The URI in a map's value, readable or not as a binding; null where there is none. */
export const uriOf = (value: unknown): string | null => {
  const uri = value !== null && typeof value === 'object' ? (value as { policyRuleURI?: unknown }).policyRuleURI : value
  return typeof uri === 'string' && uri !== '' ? uri : null
}

/** The actions for which a map names a policy. */
export const namesOf = (map: Readonly<Record<string, unknown>>, uri: PolicyUri): string[] =>
  Object.keys(map).filter((action) => uriOf(map[action]) === uri)

/** The cluster's own map, `config.actionsPolicyMap`; empty where there is none. */
export const clusterMap = (cluster: Pick<Cluster, 'config'>): Record<string, unknown> =>
  cluster.config.actionsPolicyMap ?? {}
