/** A state machine's definition, as far as events are counted. */
export interface Definition {
  States: Readonly<Record<string, State>>
  StartAt: string
}

interface State {
  Type: 'Task' | 'Wait' | 'Choice' | 'Pass' | 'Succeed' | 'Fail'
  Next?: string
  Default?: string
  Choices?: readonly { Next: string }[]
  Catch?: readonly { Next: string }[]
  Retry?: readonly { MaxAttempts?: number }[]
}

/** A cycle of states, and how often it is gone round at most. */
export interface Loop {
  /** The state that every round passes. */
  through: string
  roundsMax: number
}

/** Step Functions tries three times where a Retry does not say ("Handling errors"). */
const attemptsDefault = 3

/** Events of one visit: it is entered and exited, each try of a Task is scheduled, started and ends ("HistoryEvent"). */
const eventsOfTry = 3
const eventsOf = (state: State, retries: number): number => {
  if (state.Type === 'Fail') return 1
  return 2 + (state.Type === 'Task' ? eventsOfTry * (1 + retries) : 0)
}

/** Each Retry of a state counts its own tries, so that the worst takes all of them. */
const retriesOf = (state: State): number =>
  (state.Retry ?? []).reduce((sum, { MaxAttempts = attemptsDefault }) => sum + MaxAttempts, 0)

export const targetsOf = (state: State): string[] => [
  ...(state.Next === undefined ? [] : [state.Next]),
  ...(state.Default === undefined ? [] : [state.Default]),
  ...(state.Choices ?? []).map(({ Next }) => Next),
  ...(state.Catch ?? []).map(({ Next }) => Next),
]

/** Sets of states that lead back to themselves, each as the states of its cycle. */
export function cyclesOf({ States }: Definition): string[][] {
  const reach = (from: string): Set<string> => {
    const seen = new Set<string>()
    const open = targetsOf(stateOf(States, from))
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue
      seen.add(next)
      open.push(...targetsOf(stateOf(States, next)))
    }
    return seen
  }
  const reached = new Map(Object.keys(States).map((name) => [name, reach(name)]))
  const together = (a: string, b: string): boolean =>
    (reached.get(a)?.has(b) ?? false) && (reached.get(b)?.has(a) ?? false)
  const names = Object.keys(States).filter((name) => together(name, name))
  return [...new Set(names.map((name) => names.filter((other) => together(name, other)).join()))].map((all) =>
    all.split(','),
  )
}

/**
 * The most events that an execution can have. A round of a loop is counted without retries: a retry is three events and takes five
 * seconds or more, which a loop's time bounds, and a round that waits has more in that time. Each state of a loop is counted with
 * all of its retries once.
 */
export function eventsMax(definition: Definition, loops: readonly Loop[]): number {
  const { States, StartAt } = definition
  const cycles = cyclesOf(definition)
  const most = new Map<string, number>()
  const longest = (name: string): number => {
    const known = most.get(name)
    if (known !== undefined) return known
    const cycle = cycles.find((states) => states.includes(name)) ?? [name]
    const exits = cycle.flatMap((one) => targetsOf(stateOf(States, one))).filter((next) => !cycle.includes(next))
    const own = cycle.reduce((sum, one) => sum + eventsOf(stateOf(States, one), retriesOf(stateOf(States, one))), 0)
    const rounds = loops
      .filter(({ through }) => cycle.includes(through))
      .reduce((sum, { through, roundsMax }) => sum + roundsMax * (roundOf(States, through) ?? own), 0)
    const found = own + rounds + Math.max(0, ...exits.map(longest))
    for (const one of cycle) most.set(one, found)
    return found
  }
  // Besides: that it started, and how it ended.
  return 2 + longest(StartAt)
}

/** Events of one round through a Wait: the Wait, the Task that asks, the Choice after it. Of other loops, all that can be in a round. */
function roundOf(States: Definition['States'], through: string): number | null {
  const wait = stateOf(States, through)
  if (wait.Type !== 'Wait') return null
  const task = stateOf(States, wait.Next ?? '')
  const choice = task.Next === undefined ? undefined : stateOf(States, task.Next)
  return eventsOf(wait, 0) + eventsOf(task, 0) + (choice?.Type === 'Choice' ? eventsOf(choice, 0) : 0)
}

function stateOf(States: Definition['States'], name: string): State {
  const state = States[name]
  if (!state) throw new Error(`there is no state ${name}`)
  return state
}
