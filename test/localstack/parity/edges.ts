import { type Definition, handlersOf, type State } from '@gridgate/local/step-functions/definition/definition'

/** Every edge that a definition draws, one text each: `A next B`, `A catch B`, `A retried`, `A ends`, `A fails`. */
export function edgesOf({ States }: Definition): string[] {
  const edges = Object.entries(States).flatMap(([name, state]) => waysOut(state).map((way) => `${name} ${way}`))
  return [...new Set(edges)].sort()
}

function waysOut(state: State): string[] {
  const { retriers, catchers } = handlersOf(state)
  const ways = catchers.map(({ Next }) => `catch ${Next}`)
  if (retriers.length > 0) ways.push('retried')
  if (state.Next) ways.push(`next ${state.Next}`)
  if (state.Type === 'Choice') ways.push(...state.Choices.map(({ Next }) => `next ${Next}`))
  if (state.Type === 'Choice' && state.Default) ways.push(`next ${state.Default}`)
  if (state.Type === 'Fail' || (state.Type === 'Task' && catchers.length === 0)) ways.push('fails')
  if (state.Type === 'Succeed' || state.End) ways.push('ends')
  return ways
}

/** The edges that a history tells of, in the same words; events are types, those of states with the state's name. */
export function edgesIn(events: readonly string[]): string[] {
  const edges: string[] = []
  let state: string | null = null
  let attempts: string[] = []
  for (const event of events) {
    const entered = /StateEntered (.+)$/.exec(event)?.[1] ?? null
    if (event.startsWith('LambdaFunction')) attempts.push(event)
    if (state !== null && attempts.filter((type) => type === 'LambdaFunctionScheduled').length > 1)
      edges.push(`${state} retried`)
    const hasFailed = attempts.at(-1) === 'LambdaFunctionFailed'
    if (state !== null && entered !== null) edges.push(`${state} ${hasFailed ? 'catch' : 'next'} ${entered}`)
    if (event === 'ExecutionSucceeded') edges.push(`${state} ends`)
    if (event === 'ExecutionFailed') edges.push(`${state} fails`)
    if (entered === null) continue
    state = entered
    attempts = []
  }
  return [...new Set(edges)]
}
