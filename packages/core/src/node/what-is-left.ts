import type { DrainPass } from './controller-nodes.ts'

/** Most pods that a step's detail names. */
const namedMax = 10

/** Why a pod stays for which no one budget is named. */
const reasons: Readonly<Record<string, string>> = {
  unmanaged: 'nothing would start it again elsewhere; include_unmanaged takes it along',
  several_budgets: 'held by several PodDisruptionBudgets',
  namespace_terminating: 'its namespace is being removed',
}

/** The pods that a pass of a drain left, in words, with what holds them. */
export function whatIsLeft({ remaining, blocked }: DrainPass): string {
  const held = blocked.map(({ namespace, name, budget, reason }) => {
    const why = budget ? `held by PodDisruptionBudget ${budget}` : (reasons[reason ?? ''] ?? reason ?? 'held')
    return `${namespace}/${name} (${why})`
  })
  const heldNames = new Set(blocked.map(({ namespace, name }) => `${namespace}/${name}`))
  const going = remaining.map(({ namespace, name }) => `${namespace}/${name}`).filter((name) => !heldNames.has(name))
  const all = [...held, ...going]
  const more = all.length > namedMax ? ` and ${all.length - namedMax} more` : ''
  return `${all.length} pods left: ${all.slice(0, namedMax).join(', ')}${more}`
}
