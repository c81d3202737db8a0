import type { Json, JsonObject } from '../../aws/service.ts'
import { functionNames } from '../expression-functions.ts'
import { compile, expressionIn } from '../expressions.ts'
import type { Definition, State } from './definition.ts'
import type { Findings } from './diagnostics.ts'
import { assignedIn, levelsOf, statePointer } from './graph.ts'
import { parseResource } from './resource.ts'

/** Fields that hold other states or plain names, and so no expressions of the state itself. */
const plainFields = [
  'Branches',
  'ItemProcessor',
  'Next',
  'Default',
  'Type',
  'Resource',
  'Comment',
  'ErrorEquals',
  'Retry',
]

/** Checks that every expression compiles and refers to what is there, and that a task token is sent out. */
export function checkExpressions(definition: Definition, findings: Findings): void {
  for (const { graph, at, around } of levelsOf(definition)) {
    const variables = new Set([...around, ...assignedIn(graph), 'states'])
    for (const [name, state] of Object.entries(graph.States)) {
      const pointer = statePointer(at, name)
      const sources = expressionsIn(state as unknown as JsonObject, pointer)
      for (const { source, location } of sources) checkExpression(source, location, { variables, findings })
      checkToken(state, pointer, findings)
    }
  }
}

interface Found {
  source: string
  location: string
}

function expressionsIn(value: Json, at: string): Found[] {
  if (typeof value === 'string') {
    const source = expressionIn(value)
    return source === null ? [] : [{ source, location: at }]
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => expressionsIn(item, `${at}[${index}]`))
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value)
    .filter(([key]) => !plainFields.includes(key))
    .flatMap(([key, field]) => expressionsIn(field, `${at}/${key}`))
}

function checkExpression(
  source: string,
  at: string,
  { variables, findings }: { variables: ReadonlySet<string>; findings: Findings },
): void {
  try {
    const used = usedNames(compile(source).ast())
    if (used.calls.has('eval')) findings.error('The function $eval is not supported', at)
    for (const name of used.free)
      if (!variables.has(name) && !functionNames.has(name) && name !== 'eval')
        findings.warn(`The variable $${name} is not assigned anywhere`, at, 'UNDEFINED_VARIABLE')
  } catch (error) {
    findings.error(`Invalid JSONata expression: ${(error as Error).message}`, at)
  }
}

/** A node of JSONata's syntax tree, as far as names matter. */
interface Node {
  type?: string
  value?: unknown
  arguments?: Node[]
  lhs?: Node
  focus?: string
  index?: string
}

/** The names that an expression uses and does not bind itself. Scopes are not told apart: a bound name counts everywhere. */
function usedNames(ast: unknown): { free: string[]; calls: Set<string> } {
  const used = new Set<string>()
  const own = new Set<string>(['', '$'])
  visitNodes(ast, (node) => {
    if (node.type === 'variable' && typeof node.value === 'string') used.add(node.value)
    if (node.type === 'lambda') for (const argument of node.arguments ?? []) own.add(String(argument.value))
    if (node.type === 'bind' && node.lhs) own.add(String(node.lhs.value))
    for (const name of [node.focus, node.index]) if (typeof name === 'string') own.add(name)
  })
  return { free: [...used].filter((name) => !own.has(name)), calls: used }
}

function visitNodes(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) visitNodes(item, visit)
  else if (value !== null && typeof value === 'object') {
    visit(value as Node)
    for (const field of Object.values(value)) visitNodes(field, visit)
  }
}

/** A task that waits for its token and never hands it out can only time out. AWS accepts it; hence a warning. */
function checkToken(state: State, at: string, findings: Findings): void {
  if (state.Type !== 'Task') return
  const resource = parseResource(state.Resource)
  if (resource?.kind !== 'service' || resource.pattern !== 'token') return
  const sources = expressionsIn(state.Arguments ?? null, at).map(({ source }) => source)
  if (!sources.some((source) => /\$states\s*\.\s*context\b/.test(source)))
    findings.warn(
      'The task token $states.context.Task.Token is not handed out',
      `${at}/Arguments`,
      'TASK_TOKEN_NOT_USED',
    )
}
