import { functionName } from '@gridgate/http/manifest-row'
import { type Place, type PolicyDocument, policyOf, portsOfEndpoint } from '@gridgate/runtime/rights'
import { internals } from '../../../../functions/internals.ts'
import { endpoints } from '../../../../functions/manifest.ts'
import { stepFunctionName, workflows } from '../../../../workflows/manifest.ts'

/** What each function may do, by its name: the policies that a deployment gives to their roles. */
export function functionPolicies(place: Place): ReadonlyMap<string, PolicyDocument> {
  const ports: [string, readonly string[]][] = [
    ...endpoints.map((row): [string, string[]] => [functionName(place.prefix, row.name), portsOfEndpoint(row)]),
    ...internals.map((row): [string, readonly string[]] => [
      functionName(place.prefix, `internal/${row.name}`),
      row.ports,
    ]),
    ...workflows.flatMap(({ name, steps }) =>
      steps.map((step): [string, readonly string[]] => [place.prefix + stepFunctionName(name, step.name), step.ports]),
    ),
  ]
  ports.push([functionName(place.prefix, 'system/not-found'), []])
  return new Map(ports.map(([name, used]) => [name, policyOf(used, place)]))
}
