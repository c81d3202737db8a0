import type { Catcher, ChoiceRule, Definition, State, StateGraph } from './definition.ts'
import { below, type Findings } from './diagnostics.ts'

/** A level of states with its place in the definition and the variables that the levels around it assign. */
export interface Level {
  graph: StateGraph
  at: string
  around: ReadonlySet<string>
}

/** All levels of a definition, outer before inner. */
export function levelsOf(graph: StateGraph, at = '/', around: ReadonlySet<string> = new Set()): Level[] {
  const inner = new Set([...around, ...assignedIn(graph)])
  return [
    { graph, at, around },
    ...Object.entries(graph.States).flatMap(([name, state]) =>
      childGraphs(state).flatMap(([child, key]) => levelsOf(child, `${statePointer(at, name)}/${key}`, inner)),
    ),
  ]
}

export const statePointer = (at: string, name: string): string => below(below(at, 'States'), name)

function childGraphs(state: State): [StateGraph, string][] {
  if (state.Type === 'Map') return [[state.ItemProcessor, 'ItemProcessor']]
  if (state.Type !== 'Parallel') return []
  return state.Branches.map((branch, index) => [branch, `Branches[${index}]`])
}

/** Every way out of a state, by the pointer of the field that names the next one. */
function exits(state: State): [string, string][] {
  const direct: [string, string | undefined][] = [['Next', state.Next]]
  if (state.Type === 'Choice') {
    direct.push(['Default', state.Default])
    for (const [index, rule] of state.Choices.entries()) direct.push([`Choices[${index}]/Next`, rule.Next])
  }
  if ('Catch' in state)
    for (const [index, catcher] of (state.Catch ?? []).entries()) direct.push([`Catch[${index}]/Next`, catcher.Next])
  return direct.filter((exit): exit is [string, string] => exit[1] !== undefined)
}

/** Every Assign of a state with its place: the state's own, those of its rules and of its catchers. */
export function assignsOf(state: State): [string, Record<string, unknown>][] {
  const parts: [string, ChoiceRule | Catcher | State][] = [['', state]]
  if (state.Type === 'Choice')
    for (const [index, rule] of state.Choices.entries()) parts.push([`Choices[${index}]/`, rule])
  if ('Catch' in state)
    for (const [index, catcher] of (state.Catch ?? []).entries()) parts.push([`Catch[${index}]/`, catcher])
  return parts.flatMap(([at, { Assign }]) => (Assign ? [[`${at}Assign`, Assign] as [string, typeof Assign]] : []))
}

/** Names of the variables that the states of one level assign. */
export const assignedIn = (graph: StateGraph): string[] =>
  Object.values(graph.States).flatMap((state) => assignsOf(state).flatMap(([, assign]) => Object.keys(assign)))

/** Checks that every named state is there, every state is reached, and no name is used twice. */
export function checkGraph(definition: Definition, findings: Findings): void {
  const seen = new Set<string>()
  for (const { graph, at } of levelsOf(definition)) {
    const reached = new Set([graph.StartAt])
    const target = (name: string, pointer: string, field: string): void => {
      reached.add(name)
      if (!Object.hasOwn(graph.States, name))
        findings.error(`Missing '${field}' target: ${name}`, pointer, 'MISSING_TRANSITION_TARGET')
    }
    target(graph.StartAt, below(at, 'StartAt'), 'StartAt')
    for (const [name, state] of Object.entries(graph.States))
      for (const [field, next] of exits(state))
        target(next, `${statePointer(at, name)}/${field}`, field.split('/').at(-1) ?? field)
    for (const name of Object.keys(graph.States)) {
      const pointer = statePointer(at, name)
      if (!reached.has(name)) findings.error(`State "${name}" is not reachable`, pointer, 'MISSING_TRANSITION_TARGET')
      if (seen.has(name)) findings.error(`Duplicate state name: ${name}`, pointer, 'DUPLICATE_STATE_NAME')
      seen.add(name)
    }
    if (!Object.values(graph.States).some((state) => state.End || state.Type === 'Succeed' || state.Type === 'Fail'))
      findings.error('No state ends this level', at, 'MISSING_TERMINAL_STATE')
  }
}

/** Names that mean something else: the engine's own, and one that objects of the host language treat specially. */
const reservedNames = ['states', '__proto__']

const variableName = /^[\p{L}_][\p{L}\p{N}_]{0,79}$/u

/** Checks the names that Assign fields use (spec/step-functions.md section 7, Variables). */
export function checkAssigns(definition: Definition, findings: Findings): void {
  for (const { graph, at, around } of levelsOf(definition))
    for (const [name, state] of Object.entries(graph.States))
      for (const [field, assign] of assignsOf(state))
        for (const variable of Object.keys(assign)) {
          const pointer = `${statePointer(at, name)}/${field}/${variable}`
          if (!variableName.test(variable) || reservedNames.includes(variable))
            findings.error(`'${variable}' is not a valid variable name`, pointer)
          if (around.has(variable))
            findings.error(`The variable '${variable}' is already assigned in an outer scope`, pointer)
        }
}
