import { GridError } from '../errors.ts'
import { type PolicyAction, policyActions, toPolicyAction } from './actions.ts'
import { type PolicyMapChange, type PolicyMapValue, uriOf } from './policy-map.ts'

/** Largest map, in bytes of JSON. */
const mapBytesMax = 128 * 1024

/** A change whose keys are actions: a value to set, or null to remove. */
export type ActionChanges = ReadonlyMap<PolicyAction, PolicyMapValue | null>

/**
 * Reads a change of a map: aliases become the actions that they mean (spec/decisions.md 20).
 * @throws {GridError} `pre_check.unknown_action` with the known ones, `request.invalid` when two names mean one action
 */
export function readMapChange(change: PolicyMapChange): ActionChanges {
  const unknown = Object.keys(change).filter((name) => toPolicyAction(name) === null)
  if (unknown.length > 0)
    throw new GridError('pre_check.unknown_action', `no action is called ${unknown.slice(0, 10).join(', ')}`, {
      details: { unknown: unknown.slice(0, 100), known: policyActions },
    })
  const changes = new Map<PolicyAction, PolicyMapValue | null>()
  for (const [name, value] of Object.entries(change)) {
    const action = toPolicyAction(name) as PolicyAction
    if (changes.has(action))
      throw new GridError('request.invalid', `two names in the body mean the action ${action}`, { details: { action } })
    changes.set(action, value === '' ? null : value)
  }
  return changes
}

/**
 * A copy of the map with the changes made; what is not named stays as it is (spec/gateway-api.md §10). An entry under an alias
 * gives way to the one under the action's own name.
 * @throws {GridError} `request.too_large`
 */
export function mergeMap(map: Readonly<Record<string, unknown>>, changes: ActionChanges): Record<string, unknown> {
  const kept = Object.entries(map).filter(([name]) => {
    const action = toPolicyAction(name)
    return action === null || !changes.has(action)
  })
  const set = [...changes].filter(([, value]) => value !== null)
  const merged = structuredClone(Object.fromEntries([...kept, ...set]))
  if (Buffer.byteLength(JSON.stringify(merged)) <= mapBytesMax) return merged
  throw new GridError('request.too_large', `a policy map is at most ${mapBytesMax} bytes`, {
    details: { bytes_max: mapBytesMax },
  })
}

/** The URIs that a change sets, each with its action. */
export const urisIn = (changes: ActionChanges): { action: PolicyAction; uri: string }[] =>
  [...changes].flatMap(([action, value]) => {
    const uri = uriOf(value)
    return uri === null ? [] : [{ action, uri }]
  })
