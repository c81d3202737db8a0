import { z } from 'zod'
import { type Graph, ofType, type Resource, textOf } from './graph.ts'

const Texts = z.union([z.string().transform((one) => [one]), z.array(z.string())])

const Statement = z.object({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.record(z.string(), Texts).optional(),
  Action: Texts,
  Resource: Texts.optional(),
  Condition: z.record(z.string(), z.record(z.string(), Texts)).optional(),
})
export type Statement = z.infer<typeof Statement>

const PolicyText = z.strictObject({ Version: z.literal('2012-10-17'), Statement: z.array(Statement) })

/** The statements of a policy; anything in it that this does not know is an error. */
export const statementsIn = (text: string): Statement[] => PolicyText.parse(JSON.parse(text)).Statement

/** What a role may do. */
export const rightsOf = (graph: Graph, role: Resource): Statement[] =>
  ofType(graph, 'rights')
    .filter((rights) => rights.inputs.role === role.inputs.name)
    .flatMap((rights) => statementsIn(textOf(rights, 'policy')))

/** One line for each statement, short enough to be read: `allow dynamodb:GetItem on table/… if LeadingKeys is CLUSTER#*`. */
export function linesOf(statements: readonly Statement[]): string[] {
  return statements.map(({ Effect, Principal, Action, Resource = [], Condition = {} }) => {
    const who = Object.entries(Principal ?? {}).map(([kind, names]) => ` ${kind} ${names.map(short).join(' ')}`)
    const conditions = Object.entries(Condition).flatMap(([operator, tests]) =>
      Object.entries(tests).map(([key, values]) => ` if ${key} ${operator} ${values.map(short).join(' ')}`),
    )
    const where = Resource.length === 0 ? '' : ` on ${Resource.map(short).join(' ')}`
    return `${Effect.toLowerCase()}${who.join('')} ${Action.join(' ')}${where}${conditions.join('')}`
  })
}

/** Without what is the same in every ARN of the graph. */
export const short = (arn: string): string =>
  arn.replaceAll(/arn:aws:([a-z0-9-]+):(?:us-east-1)?:(?:123456789012)?:/g, '$1:')
