import { z } from 'zod'

/** Who holds a field, by what the API server keeps about it. */
export const FieldOwner = z.object({
  manager: z.string().describe('such as kubectl-edit; gridgate for what was last written by infra creation itself'),
  operation: z.string(),
  at: z.string().nullable().describe('ISO 8601'),
})

/** A field that is not as it should be. */
export const Difference = z.object({
  object: z.string().describe('such as Deployment controllers/west-1-controller'),
  pointer: z.string().describe('JSON pointer (RFC 6901) of the field'),
  expected: z.json().describe('what infra creation would write; what looks like a secret is hidden'),
  actual: z.json().describe('what is there; null where nothing is'),
  changed_by: FieldOwner.nullable().describe('null where nobody holds the field, as after a removal'),
})
export type Difference = z.infer<typeof Difference>

/** How the objects of a cluster's infrastructure compare with what should be there. */
export const Drift = z.object({
  compared: z.number().int().describe('objects that should be there'),
  missing: z.array(z.string()),
  extra: z.array(z.string()).describe('objects with the label of this infrastructure that should not be there'),
  differences: z.array(Difference),
  /** How many more differences there are than are listed. */
  more_differences: z.number().int(),
})
export type Drift = z.infer<typeof Drift>

/** In words of Kubernetes' own conditions. */
export const InfraCondition = z.object({
  status: z.enum(['InSync', 'Drifted', 'Unknown']),
  reason: z.string().describe('one word in CamelCase'),
  message: z.string(),
})
export type InfraCondition = z.infer<typeof InfraCondition>

/** The name under which infra creation writes fields. */
export const ownManager = 'gridgate'

/** What a comparison means. What others changed is told before what a newer configuration would change. */
export function conditionOf({ compared, missing, extra, differences, more_differences }: Drift): InfraCondition {
  const drifted = (reason: string, message: string): InfraCondition => ({ status: 'Drifted', reason, message })
  const remedy = 'create the infrastructure again to mend it'
  if (missing.length > 0) return drifted('ObjectsMissing', `${missing.length} objects are missing; ${remedy}`)
  const others = differences.filter(({ changed_by }) => changed_by?.manager !== ownManager)
  const managers = [...new Set(others.flatMap(({ changed_by }) => changed_by?.manager ?? []))]
  if (others.length > 0)
    return drifted(
      'ChangedByOthers',
      `${others.length} fields were changed${managers.length === 0 ? '' : ` by ${managers.join(', ')}`}; ${remedy}`,
    )
  if (differences.length > 0)
    return drifted(
      'ConfigurationChanged',
      `${differences.length + more_differences} fields are of an older configuration; create the infrastructure again to roll it out`,
    )
  if (extra.length > 0) return drifted('ObjectsExtra', `${extra.length} objects are no longer part of it`)
  return { status: 'InSync', reason: 'AsApplied', message: `${compared} objects are as they should be` }
}
