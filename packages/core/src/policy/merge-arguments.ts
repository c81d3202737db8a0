import type { JsonObject } from '../json.ts'

/**
 * What a policy is run with: the registry's defaults, overlaid key by key with what the caller gives (the map's entry,
 * or the body of a test). The one merge rule for parameters and settings, wherever a policy runs; both are copied deeply,
 * so no run can change another's (spec/policies.md §5, spec/errors-and-gaps.md 29 and 30).
 */
export function mergeArguments(defaults: JsonObject | undefined, given: JsonObject | undefined): JsonObject {
  return structuredClone({ ...defaults, ...given })
}
