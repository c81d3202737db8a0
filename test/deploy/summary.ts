import { type Graph, isSecret, ofType, type Resource, textOf, valueAt, variablesIn } from './graph.ts'
import { linesOf, rightsOf, short, statementsIn } from './policies.ts'

/** Types that have a golden file of their own. */
const elsewhere = ['aws:iam/role:Role', 'aws:iam/rolePolicy:RolePolicy']

/** Every resource in a line or a few that a person can review, sorted, without what is the same in all of them. */
export function summarise(graph: Graph): string {
  const prefix = new RegExp(`gridgate-${graph.app.stage}-`, 'g')
  const lines = graph.resources
    .filter(({ type }) => type.startsWith('aws:') && !elsewhere.includes(type))
    .map((resource) => summaryOf(resource).replaceAll(prefix, '~'))
  return `${[...lines, ...toldIn(graph)].sort().join('\n')}\n`
}

/** Kinds of which there are many, in one line each. */
const inOneLine: Readonly<Record<string, (resource: Resource) => string>> = {
  'lambda/function': (resource) => {
    const { architectures, memorySize, timeout, handler, code, runtime, publish, reservedConcurrentExecutions } =
      resource.inputs
    const network = valueAt(resource, 'vpcConfig') === undefined ? '' : ', in the network of policies'
    const further = [publish ? ', published' : '', network, `, traces ${textOf(resource, 'tracingConfig.mode')}`]
    const reserved = reservedConcurrentExecutions === undefined ? '' : `, ${reservedConcurrentExecutions} at once`
    const size = `${runtime} ${String(architectures)} ${memorySize} MB ${timeout} s`
    const told = Object.keys(variablesIn(resource)).map((variable) => variable.replace('GRIDGATE_', ''))
    return `${size}, ${handler} of ${String(code).replace('.sst/synth/functions/', '')}${reserved}${further.join('')}; told ${told.join(' ')}`
  },
  'cloudwatch/logGroup': ({ inputs }) => `${inputs.name}, ${inputs.retentionInDays} days`,
  'apigatewayv2/route': ({ inputs }) => `${inputs.routeKey} to ${inputs.target}`,
  'apigatewayv2/integration': ({ inputs }) =>
    `${inputs.integrationType} ${inputs.payloadFormatVersion}, ${inputs.timeoutMilliseconds} ms, ${short(String(inputs.integrationUri))}`,
  'lambda/permission': ({ inputs }) =>
    `${inputs.principal} ${inputs.action} ${inputs.function}${inputs.qualifier ? `:${inputs.qualifier}` : ''} from ${short(String(inputs.sourceArn))}`,
}

function summaryOf(resource: Resource): string {
  const options = [resource.protect ? 'protected' : '', resource.retainOnDelete ? 'retained' : ''].filter(Boolean)
  const kind = resource.type.split(':')[1] ?? ''
  const head = `${kind} ${resource.name}${options.map((option) => ` [${option}]`).join('')}`
  const line = inOneLine[kind]?.(resource)
  if (line !== undefined) return `${head}: ${line}`
  const values = Object.entries(resource.inputs).map(
    ([key, value]) => `    ${key}: ${key === 'definition' ? '(the file)' : shortValue(key, value)}`,
  )
  return [head, ...values.sort()].join('\n')
}

function shortValue(key: string, value: unknown): string {
  if (isSecret(value)) return '(secret)'
  if (key === 'policy' && typeof value === 'string') return linesOf(statementsIn(value)).join('; ')
  return short(typeof value === 'string' ? value : JSON.stringify(value))
}

/** What functions are told; a variable that is not the same for all of them has more than one line. */
const toldIn = (graph: Graph): string[] => [
  ...new Set(
    ofType(graph, 'function').flatMap((resource) =>
      Object.entries(variablesIn(resource)).map(([variable, value]) => `variable ${variable}: ${short(value)}`),
    ),
  ),
]

/** Who may take each role and what it may then do; roles that may do the same stand together. */
export function summariseRights(graph: Graph): string {
  const prefix = `gridgate-${graph.app.stage}-`
  const groups = new Map<string, string[]>()
  for (const role of ofType(graph, 'role')) {
    const name = textOf(role, 'name')
    const trust = statementsIn(textOf(role, 'assumeRolePolicy'))
    const lines = linesOf([...trust, ...rightsOf(graph, role)])
      .map((line) => `  ${line.replaceAll(name, '<own>').replaceAll(prefix, '~')}`)
      .join('\n')
    groups.set(lines, [...(groups.get(lines) ?? []), name.replace(prefix, '')])
  }
  return `${[...groups]
    .map(([lines, names]) => `${names.sort().join(' ')}\n${lines}`)
    .sort()
    .join('\n\n')}\n`
}

/** Names, keys and indexes of what holds data: a change of one of them makes a new, empty one. */
export function summariseStateful(graph: Graph): object {
  const types = ['dynamodb/table', 'kms/key', 'kms/alias', 'sqs/queue', 'sns/topic']
  const rows = graph.resources
    .filter(({ type }) => types.some((one) => type.startsWith(`aws:${one}:`)))
    .map(({ name, type, protect, retainOnDelete, inputs }) => {
      const { hashKey, rangeKey, attributes, globalSecondaryIndexes, ttl, name: called } = inputs
      const keys = { hashKey, rangeKey, attributes, globalSecondaryIndexes, ttl }
      return [name, { type: type.split(':')[1], name: called, protect, retainOnDelete, ...keys }] as const
    })
  return Object.fromEntries(rows)
}
