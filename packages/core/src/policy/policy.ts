import { z } from 'zod'

/** `{name}:{version}-{release_tag}`, one path segment (spec/policies.md §2). */
export const PolicyUri = z
  .string()
  .max(256)
  .regex(/^[A-Za-z0-9][\w.-]*:[\w.]+-[\w.-]+$/, 'must look like name:version-release_tag')
  .brand('PolicyUri')
export type PolicyUri = z.infer<typeof PolicyUri>

export const Policy = z.looseObject({ policy_rule_uri: PolicyUri })
export type Policy = z.infer<typeof Policy>
