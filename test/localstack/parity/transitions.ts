import type { Json, JsonObject } from '@gridgate/local/aws/service'
import {
  type Catcher,
  type ChoiceState,
  type Definition,
  handlersOf,
  type TaskState,
} from '@gridgate/local/step-functions/definition/definition'
import { expressionIn } from '@gridgate/local/step-functions/expressions'
import jsonata from 'jsonata'

/** What a scripted step answers, one call after the other. */
export type Answer = { output: JsonObject } | { error: string }

/** Where an execution stands: a state that is entered with an input, or tried again. */
export interface Place {
  state: string
  input: JsonObject
  hasRetried: boolean
}

/** What a scripted step gives: the facts that it is told to, and the failure that it was given, as our steps do. */
export const outputOf = (facts: JsonObject, { failure }: JsonObject): JsonObject =>
  failure === undefined ? facts : { ...facts, failure }

/** A way on from a place: the answers that lead there. Null is the end of the execution. */
export interface Transition {
  edge: string
  answers: Answer[]
  to: Place | null
}

/** An error that no definition names, which only States.ALL catches. */
const unforeseen = 'kube.forbidden'
/** Facts that one step tells at a time; more of them lead nowhere else. */
const factsMax = 2
const cause = 'scripted'

/** Names of errors that the definition tells apart, beside those that are tried again. */
function toldErrors(definition: Definition): string[] {
  const text = JSON.stringify(definition.States)
  const compared = [...text.matchAll(/failure\.Error = '([\w.]+)'/g)].map(([, name = '']) => name)
  const caught = Object.values(definition.States).flatMap((state) =>
    handlersOf(state).catchers.flatMap(({ ErrorEquals }) => ErrorEquals),
  )
  return [...new Set([unforeseen, ...compared, ...caught])].filter((name) => !name.startsWith('States.'))
}

/** What an execution is started with, as tasks start theirs: every fact that conditions ask for is there, and is not so. */
export function startInput(definition: Definition): JsonObject {
  const text = JSON.stringify(Object.values(definition.States).filter(({ Type }) => Type === 'Choice'))
  const facts = [...new Set([...text.matchAll(/input\.(\w+)\b(?!\.)/g)].map(([, name = '']) => name))]
  return { ...Object.fromEntries(facts.map((name) => [name, false])), waitSeconds: 0 }
}

/** Every combination of facts with at most `factsMax` of them true. */
function toldOutputs(definition: Definition): JsonObject[] {
  const none = startInput(definition)
  const facts = Object.keys(none).filter((name) => name !== 'waitSeconds')
  let chosen: string[][] = [[]]
  for (let size = 0; size < factsMax; size++)
    chosen = [
      ...chosen,
      ...chosen.flatMap((set) => facts.filter((name) => !set.includes(name)).map((name) => [...set, name])),
    ]
  const outputs = chosen.map((set) => ({
    ...none,
    ...Object.fromEntries(set.map((name) => [name, true])),
  }))
  return [...new Map(outputs.map((output) => [JSON.stringify(output), output])).values()]
}

/** Evaluates a field with the bare JSONata library: what is expected comes from neither engine. */
async function evaluate(field: Json, states: JsonObject): Promise<Json> {
  const source = typeof field === 'string' ? expressionIn(field) : null
  return source === null ? field : ((await jsonata(source).evaluate({}, { states })) as Json)
}

const handles = (names: readonly string[], error: string): boolean =>
  names.includes(error) || names.includes('States.ALL') || names.includes('States.TaskFailed')

/** Gives every transition that a place of this definition can take. */
export function transitionsOf(definition: Definition): (place: Place) => Promise<Transition[]> {
  const [errors, outputs] = [toldErrors(definition), toldOutputs(definition)]
  return async (place) => {
    const state = definition.States[place.state]
    if (state?.Type === 'Task') return taskTransitions(state, place, errors, outputs)
    if (state?.Type === 'Choice') return [await choiceTransition(state, place)]
    const edge = `${place.state} ends`
    return [state?.Next ? moved(place, 'next', state.Next, [], place.input) : { edge, answers: [], to: null }]
  }
}

const moved = (from: Place, kind: string, state: string, answers: Answer[], input: JsonObject): Transition => ({
  edge: `${from.state} ${kind} ${state}`,
  answers,
  to: { state, input, hasRetried: false },
})

async function choiceTransition(state: ChoiceState, place: Place): Promise<Transition> {
  const states = { input: place.input }
  for (const { Condition, Next } of state.Choices)
    if ((await evaluate(Condition, states)) === true) return moved(place, 'next', Next, [], place.input)
  return moved(place, 'next', state.Default ?? '', [], place.input)
}

async function taskTransitions(
  state: TaskState,
  place: Place,
  errors: readonly string[],
  outputs: readonly JsonObject[],
): Promise<Transition[]> {
  const { retriers, catchers } = handlersOf(state)
  const done = outputs.map((output): Transition => {
    const answers = [{ output }]
    if (state.Next) return moved(place, 'next', state.Next, answers, outputOf(output, place.input))
    return { edge: `${place.state} ends`, answers, to: null }
  })
  const failed = errors
    .filter((error) => !retriers.some(({ ErrorEquals }) => handles(ErrorEquals, error)))
    .map((error) => caught(place, catchers, error, 1))
  const again = place.hasRetried ? [] : retriers.map(({ ErrorEquals }, index) => retried(place, ErrorEquals, index))
  const given = retriers.map(({ ErrorEquals, MaxAttempts = 3 }) =>
    caught(place, catchers, errorOf(ErrorEquals), MaxAttempts + 1),
  )
  return [...done, ...again, ...(await Promise.all([...failed, ...(place.hasRetried ? [] : given)]))]
}

const errorOf = ([name = '']: readonly string[]): string => (name.startsWith('States.') ? unforeseen : name)

const retried = (place: Place, names: readonly string[], index: number): Transition => ({
  edge: `${place.state} retry ${index}`,
  answers: [{ error: errorOf(names) }],
  to: { ...place, hasRetried: true },
})

/** The step fails so often that it is not tried again. */
async function caught(place: Place, catchers: readonly Catcher[], error: string, times: number): Promise<Transition> {
  const answers = Array.from({ length: times }, () => ({ error }))
  const catcher = catchers.find(({ ErrorEquals }) => handles(ErrorEquals, error))
  if (!catcher) return { edge: `${place.state} fails`, answers, to: null }
  const errorOutput = { Error: error, Cause: cause }
  const states = { input: place.input, errorOutput, context: { State: { Name: place.state } } }
  const input = (await evaluate(catcher.Output ?? errorOutput, states)) as JsonObject
  return moved(place, 'catch', catcher.Next, answers, input)
}
