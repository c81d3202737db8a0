import { type Place, type PolicyDocument, policyOf } from '@gridgate/runtime/rights'
import { deployedFunctions } from '../../../deployment/function-list.ts'

/** What each function may do, by its name: the policies that a deployment gives to their roles. */
export const functionPolicies = (place: Place): ReadonlyMap<string, PolicyDocument> =>
  new Map(deployedFunctions.map(({ name, ports }) => [place.prefix + name, policyOf(ports, place)]))
