import { z } from 'zod'
import type { Caller } from '../caller.ts'
import { ClusterId } from '../cluster/cluster.ts'
import { JsonObject } from '../json.ts'

/** `{name}:{version}-{release_tag}`, one path segment (spec/policies.md §2). */
export const PolicyUri = z
  .string()
  .max(256)
  .regex(/^[A-Za-z0-9][\w.-]*:[\w.]+-[\w.-]+$/, 'must look like name:version-release_tag')
  .brand('PolicyUri')
export type PolicyUri = z.infer<typeof PolicyUri>

const namePart = z.string().min(1).max(80)

const identity = {
  name: namePart.regex(/^[A-Za-z0-9][\w.-]*$/, 'must be letters, digits, dots, dashes and underscores'),
  version: namePart.regex(/^[\w.]+$/, 'must be letters, digits, dots and underscores'),
  release_tag: namePart.regex(/^[\w.-]+$/, 'must be letters, digits, dots, dashes and underscores'),
}

/** What `PUT` may change (spec/decisions.md 18). */
const mutable = {
  description: z.string().max(16_384),
  metadata: JsonObject,
  tags: z.string().max(4096).describe('Comma separated'),
  policy_settings: JsonObject.describe('Settings a run has unless the policy map says otherwise'),
  policy_parameters: JsonObject.describe('Parameters a run has unless the policy map says otherwise'),
}

const fixed = {
  type: z.literal('python_class_v1'),
  code_type: z.string().max(64),
  policy_input_schema: JsonObject,
  policy_output_schema: JsonObject,
  policy_settings_schema: JsonObject,
  policy_parameters_schema: JsonObject,
  management_commands_schema: z.array(JsonObject),
  functionality_data: JsonObject,
  resource_estimates: JsonObject,
  cluster_id: ClusterId.nullable().describe('The cluster that owns the policy; null is the network'),
}

const code = z.string().min(1).describe('Python source, a base64 or data: archive, or an https URL')

/** A registry entry. `code` is the URL it came from, or `sha256:` and the digest; the text itself is kept beside it. */
export const Policy = z.looseObject({
  ...identity,
  policy_rule_uri: PolicyUri,
  ...mutable,
  ...fixed,
  code: z.string(),
  code_digest: z.string().nullable().describe('sha256 of the pinned code; null while none could be fetched'),
})
export type Policy = z.infer<typeof Policy>

/**
 * A policy as it is registered (spec/policies.md §3): what the documented sample leaves out has a default,
 * further fields are kept, a given URI is ignored.
 */
export const NewPolicy = z.looseObject({ ...identity, code, ...z.object({ ...mutable, ...fixed }).partial().shape })
export type NewPolicy = z.infer<typeof NewPolicy>

/** What a `PUT` may carry: the fields it changes, or the whole entry; old clients send `{"$set": …}`. */
export const PolicyChange = z.looseObject({
  ...z.object({ ...identity, code, ...mutable, ...fixed }).partial().shape,
})
export type PolicyChange = z.infer<typeof PolicyChange>

/** The names of the fields that `PUT` may change. */
export const mutableFields: ReadonlySet<string> = new Set(Object.keys(mutable))

const defaults: Partial<Policy> = {
  description: '',
  metadata: {},
  tags: '',
  policy_settings: {},
  policy_parameters: {},
  type: 'python_class_v1',
  code_type: '',
  policy_input_schema: {},
  policy_output_schema: {},
  policy_settings_schema: {},
  policy_parameters_schema: {},
  management_commands_schema: [],
  functionality_data: {},
  resource_estimates: {},
  cluster_id: null,
}

/** The entry of a policy whose code is not pinned yet; what was left out gets its default. */
export const toPolicy = (given: NewPolicy): Policy =>
  Policy.parse({ ...defaults, ...given, policy_rule_uri: policyUri(given), code_digest: null })

/** The URI of a policy; always computed, never taken from a caller. */
export const policyUri = (policy: Pick<NewPolicy, 'name' | 'version' | 'release_tag'>): PolicyUri =>
  PolicyUri.parse(`${policy.name}:${policy.version}-${policy.release_tag}`)

/** Who owns a policy, and so whose process it runs in: the network, or one cluster (spec/decisions.md 46). */
export const tenantOf = (policy: Pick<Policy, 'cluster_id'>): string =>
  policy.cluster_id === null ? 'network' : `cluster:${policy.cluster_id}`

/**
 * Where somebody tries a policy, on whatever input they like: apart from where it decides. An interpreter remembers what a policy
 * keeps in its modules, so that a trial could otherwise prepare what is decided about others.
 */
export const trialTenantOf = (caller: Pick<Caller, 'id'>): string => `test:${caller.id}`

/** Claims that a policy may run for a cluster: everybody may use the network's, a cluster's own is for that cluster alone. */
export const servesCluster = (policy: Pick<Policy, 'cluster_id'>, clusterId: string | null): boolean =>
  policy.cluster_id === null || policy.cluster_id === clusterId
