import { listAt, member, textAt } from './object.ts'

type Labels = Readonly<Record<string, string>>

/** Whether a LabelSelector as objects carry it selects these labels. An empty one selects everything, an absent one nothing. */
export function selects(selector: unknown, labels: Labels): boolean {
  if (selector === null || typeof selector !== 'object') return false
  const equal = Object.entries(member(selector, 'matchLabels') ?? {})
  return (
    equal.every(([key, value]) => labels[key] === value) &&
    listAt(selector, 'matchExpressions').every((expression) => holds(expression, labels))
  )
}

/** An operator that is not known selects nothing. */
function holds(expression: unknown, labels: Labels): boolean {
  const value = labels[textAt(expression, 'key') ?? '']
  const isListed = value !== undefined && listAt(expression, 'values').includes(value)
  switch (textAt(expression, 'operator')) {
    case 'In':
      return isListed
    case 'NotIn':
      return !isListed
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}
