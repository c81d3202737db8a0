import type { PolicyDocument, Statement } from '@gridgate/runtime/rights'

/** What a call asks to be allowed. */
export interface Need {
  action: string
  resource: string
  /** Values of condition keys that the call carries. */
  context: Readonly<Record<string, readonly string[]>>
}

/**
 * The statement that allows a call, or null: what no statement allows is denied ("Policy evaluation logic", IAM User Guide). It
 * knows the parts of the language that our policies are written in, and refuses a policy that uses more.
 * @throws {Error} for a condition operator it does not know
 */
export function allowing(policy: PolicyDocument, need: Need): Statement | null {
  return (
    policy.Statement.find(
      (statement) =>
        statement.Action.includes(need.action) &&
        statement.Resource.some((pattern) => isLike(need.resource, pattern)) &&
        Object.entries(statement.Condition ?? {}).every(([operator, wanted]) => meets(operator, wanted, need.context)),
    ) ?? null
  )
}

/** One thing that a statement allows; the key is null where it does not go by one. */
export interface Right {
  action: string
  resource: string
  key: string | null
}

/** Everything that a statement allows, each by itself. */
export function rightsOf({ Action, Resource, Condition }: Statement): Right[] {
  const keys = Condition ? Object.values(Condition).flatMap((wanted) => Object.values(wanted).flat()) : [null]
  return Action.flatMap((action) => Resource.flatMap((resource) => keys.map((key) => ({ action, resource, key }))))
}

/** What an allowed call makes use of in the statement that allows it: patterns, never the call's own keys. */
export const rightsUsed = (statement: Statement, { action, resource, context }: Need): Right[] =>
  rightsOf(statement).filter(
    (right) =>
      right.action === action &&
      isLike(resource, right.resource) &&
      (right.key === null ||
        Object.values(context)
          .flat()
          .some((value) => isLike(value, right.key ?? ''))),
  )

function meets(operator: string, wanted: Record<string, string[]>, context: Need['context']): boolean {
  const test = operators[operator]
  if (!test) throw new Error(`the condition operator ${operator} is not known`)
  return Object.entries(wanted).every(([key, values]) => test(context[key] ?? [], values))
}

const operators: Readonly<Record<string, (found: readonly string[], values: readonly string[]) => boolean>> = {
  StringEquals: (found, values) => found.length > 0 && found.every((value) => values.includes(value)),
  'ForAllValues:StringLike': (found, values) =>
    found.every((value) => values.some((pattern) => isLike(value, pattern))),
}

/** Holds a text against a pattern in which `*` stands for any text. */
export function isLike(text: string, pattern: string): boolean {
  const [head = '', ...parts] = pattern.split('*')
  const tail = parts.pop()
  if (tail === undefined) return text === pattern
  if (!text.startsWith(head)) return false
  let at = head.length
  for (const part of parts) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return text.length - tail.length >= at && text.endsWith(tail)
}
