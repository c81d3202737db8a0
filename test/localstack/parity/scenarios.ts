import type { Definition } from '@gridgate/local/step-functions/definition/definition'
import { type Answer, type Place, startInput, type Transition, transitionsOf } from './transitions.ts'

/** One execution from start to end: what its steps answer, and the edges that it takes. */
export interface Scenario {
  answers: Answer[]
  edges: string[]
}

/** Transitions of one scenario, after which it only goes to its end. */
const transitionsMax = 40

/**
 * Finds executions that together take every edge of a definition: from each place to the nearest edge that none has taken
 * yet, and at last to the nearest end.
 */
export async function scenariosOf(definition: Definition): Promise<Scenario[]> {
  const ways = remembered(transitionsOf(definition))
  const taken = new Set<string>()
  const scenarios: Scenario[] = []
  for (;;) {
    const walk = await oneWalk(
      { state: definition.StartAt, input: startInput(definition), hasRetried: false },
      ways,
      taken,
    )
    if (walk.every(({ edge }) => taken.has(edge))) return scenarios
    for (const { edge } of walk) taken.add(edge)
    scenarios.push({ answers: walk.flatMap(({ answers }) => answers), edges: walk.map(({ edge }) => edge) })
  }
}

type Ways = (place: Place) => Promise<Transition[]>

function remembered(ways: Ways): Ways {
  const known = new Map<string, Promise<Transition[]>>()
  return (place) => {
    const key = JSON.stringify(place)
    const found = known.get(key) ?? ways(place)
    known.set(key, found)
    return found
  }
}

async function oneWalk(start: Place, ways: Ways, taken: ReadonlySet<string>): Promise<Transition[]> {
  const walk: Transition[] = []
  const here = new Set(taken)
  let place: Place | null = start
  while (place) {
    const wanted: Transition[] | null =
      walk.length < transitionsMax ? await nearest(place, ways, ({ edge }) => !here.has(edge)) : null
    const on: Transition[] | null = wanted ?? (await nearest(place, ways, ({ to }) => to === null))
    if (!on) throw new Error(`no way leads from ${place.state} to an end`)
    walk.push(...on)
    for (const { edge } of on) here.add(edge)
    place = on.at(-1)?.to ?? null
  }
  return walk
}

/** The shortest way from a place through a transition that is looked for; null where there is none. */
async function nearest(
  from: Place,
  ways: Ways,
  isWanted: (transition: Transition) => boolean,
): Promise<Transition[] | null> {
  const seen = new Set<string>()
  let fringe: { place: Place; way: Transition[] }[] = [{ place: from, way: [] }]
  while (fringe.length > 0) {
    const next: typeof fringe = []
    for (const { place, way } of fringe)
      for (const transition of await ways(place)) {
        if (isWanted(transition)) return [...way, transition]
        const key = JSON.stringify(transition.to)
        if (!transition.to || seen.has(key)) continue
        seen.add(key)
        next.push({ place: transition.to, way: [...way, transition] })
      }
    fringe = next
  }
  return null
}
