import { policyFunction } from '../../packages/deployment/function-list.ts'
import { type Graph, isSecret, listOf, ofType, type Resource, textOf, types, valueAt, variablesIn } from './graph.ts'
import { rightsOf, type Statement, statementsIn } from './policies.ts'

/** What a rule finds wrong, in words; nothing when all is well. */
export type Rule = (graph: Graph) => string[]

/** Actions on `*`, because AWS knows no resources for them, or none before they are there. */
const onEverything: readonly { who: RegExp; actions: readonly string[]; why: string }[] = [
  {
    who: /./,
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'],
    why: 'X-Ray has no resources for traces and sampling',
  },
  {
    who: /Role$/,
    actions: [
      ...['logs:CreateLogDelivery', 'logs:GetLogDelivery', 'logs:UpdateLogDelivery', 'logs:DeleteLogDelivery'],
      ...[
        'logs:ListLogDeliveries',
        'logs:PutResourcePolicy',
        'logs:DescribeResourcePolicies',
        'logs:DescribeLogGroups',
      ],
    ],
    why: 'state machines deliver logs through vended logs, which have no resources',
  },
  {
    who: /^InternalEvaluatePolicyRole$/,
    actions: [
      ...['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'],
      ...['ec2:DeleteNetworkInterface', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'],
    ],
    why: 'Lambda makes the network interfaces of a function in a VPC with its role; its code is denied the same',
  },
]

/** Resources that are a pattern, because their names are made while it runs. */
const patterns: readonly { is: RegExp; why: string }[] = [
  { is: /^arn:aws:logs:us-east-1:123456789012:log-group:\/aws\/lambda\/[\w-]+:\*$/, why: 'streams of one log group' },
  { is: /^arn:aws:states:us-east-1:123456789012:stateMachine:gridgate-\w+-\*$/, why: 'the workflows of the stage' },
  {
    is: /^arn:aws:states:us-east-1:123456789012:execution:gridgate-\w+-[\w-]*\*?:\*$/,
    why: 'an execution is named by its task',
  },
]

/** Only the service itself takes a role, and Step Functions only for the one state machine. */
export const closedTrust: Rule = (graph) =>
  ofType(graph, 'role').flatMap((role) =>
    statementsIn(textOf(role, 'assumeRolePolicy')).flatMap(({ Principal, Condition }) => {
      const service = Principal?.Service?.join()
      const isClosed =
        Object.keys(Principal ?? {}).join() === 'Service' &&
        (service === 'lambda.amazonaws.com' ||
          (service === 'states.amazonaws.com' && Condition?.ArnEquals !== undefined))
      return isClosed ? [] : [`${role.name} can be assumed by ${JSON.stringify(Principal)}`]
    }),
  )

/** No action and no resource is open but those that are listed above with a reason. */
export const noWildcards: Rule = (graph) =>
  ofType(graph, 'role').flatMap((role) =>
    rightsOf(graph, role)
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap((statement) => openIn(role, statement)),
  )

function openIn(role: Resource, { Action, Resource: on = [] }: Statement): string[] {
  const open = Action.filter((action) => action.includes('*')).map((action) => `${role.name} may ${action}`)
  const allowed = (action: string): boolean =>
    onEverything.some(({ who, actions }) => who.test(role.name) && actions.includes(action))
  for (const resource of on.filter((one) => one.includes('*'))) {
    if (resource === '*')
      open.push(...Action.filter((one) => !allowed(one)).map((one) => `${role.name} may ${one} on *`))
    else if (!patterns.some(({ is }) => is.test(resource)))
      open.push(`${role.name} may ${Action.join()} on ${resource}`)
  }
  return open
}

/** Rights stand in each role's own policy, where the golden file shows them: no managed ones, and nothing of SST's `link`. */
export const nothingElseGrants: Rule = (graph) => {
  const allowed = [types.role, types.rights]
  return graph.resources
    .filter(({ type, inputs }) => {
      const isOther = /^aws:iam\//.test(type) && !allowed.some((one) => one === type)
      return isOther || inputs.managedPolicyArns !== undefined || inputs.inlinePolicies !== undefined
    })
    .map(({ type, name }) => `${name} (${type}) grants rights`)
}

/** The function that runs policies has nothing: no variables, no way out of its network, nothing in common with others. */
export const policiesAreAlone: Rule = (graph) => {
  const found = ofType(graph, 'function').find((one) => textOf(one, 'name').endsWith(policyFunction))
  if (!found) return ['there is no function for policies']
  const groups = ofType(graph, 'securityGroup')
  const rights = ofType(graph, 'role')
    .filter(({ name }) => name === 'InternalEvaluatePolicyRole')
    .flatMap((role) => rightsOf(graph, role))
  const may = rights.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action)
  return [
    ...(Object.keys(variablesIn(found)).length > 0 ? ['it is told something'] : []),
    ...(typeof found.inputs.reservedConcurrentExecutions === 'number' ? [] : ['nothing limits how many run']),
    ...(listOf(found, 'vpcConfig.subnetIds').length === 2 ? [] : ['it is not in its subnets']),
    ...(String(found.inputs.architectures) === 'x86_64' ? [] : ['its snapshot does not fit']),
    ...ofType(graph, 'routeTable')
      .filter((table) => listOf(table, 'routes').length > 0)
      .map(() => 'its subnets have a route'),
    ...ofType(graph, 'vpc')
      .filter(({ inputs }) => inputs.enableDnsSupport !== false)
      .map(() => 'its network answers names'),
    ...groups
      .filter((group) => listOf(group, 'egress').length + listOf(group, 'ingress').length > 0)
      .map(() => 'its group lets something through'),
    ...graph.resources
      .filter(({ type }) => /internetGateway|natGateway|vpcEndpoint|aws:ec2\/route:/i.test(type))
      .map(({ name }) => `${name} leads out`),
    ...may
      .filter((action) => !/^(logs:(CreateLogStream|PutLogEvents)|ec2:\w+)$/.test(action))
      .map((action) => `it may ${action}`),
    ...(rights.some(({ Effect, Action }) => Effect === 'Deny' && Action.includes('ec2:CreateNetworkInterface'))
      ? []
      : ['its code may make network interfaces']),
  ]
}

/** No secret is told to a function as plain text. */
export const secretsAreMarked: Rule = (graph) =>
  ofType(graph, 'function')
    .filter(
      (one) =>
        Object.values(variablesIn(one)).some((value) => value.includes('canary')) && !isSecret(one.inputs.environment),
    )
    .map(({ name }) => `${name} is told a secret that the state would show`)

/** Every queue has one behind it that only it fills, which keeps its messages longer, and an alarm on that one. */
export const queuesAreSafe: Rule = (graph) => {
  const queues = ofType(graph, 'queue')
  const watched = ofType(graph, 'alarm').map((alarm) => JSON.stringify(alarm.inputs.metricQueries))
  return queues
    .filter((queue) => !textOf(queue, 'name').endsWith('-dead'))
    .flatMap((queue) => {
      const name = textOf(queue, 'name')
      const dead = queues.find((one) => textOf(one, 'name') === `${name}-dead`)
      if (!dead || !String(queue.inputs.redrivePolicy).includes(`:${name}-dead"`))
        return [`${name} has no dead letters`]
      const keepsLonger = Number(dead.inputs.messageRetentionSeconds) > Number(queue.inputs.messageRetentionSeconds)
      return [
        ...(keepsLonger ? [] : [`${name}-dead forgets too early`]),
        ...(watched.some((text) => text.includes(`"${name}-dead"`)) ? [] : [`nobody watches ${name}-dead`]),
      ]
    })
}

/** Queues, topics and functions are open to one rule, one route or one service of the account. */
export const callersAreNamed: Rule = (graph) => [
  ...[...ofType(graph, 'queuePolicy'), ...ofType(graph, 'topicPolicy')].flatMap((resource) =>
    statementsIn(textOf(resource, 'policy')).flatMap(({ Principal, Condition }) =>
      Principal?.Service !== undefined && Condition !== undefined
        ? []
        : [`${resource.name} is open to more than one caller`],
    ),
  ),
  ...ofType(graph, 'permission')
    .filter(({ inputs }) => !/^arn:aws:(events|execute-api):us-east-1:123456789012:./.test(String(inputs.sourceArn)))
    .map(({ name }) => `${name} lets anybody call`),
]

/** Every workflow logs, is traced, has an end in time and an alarm. */
export const workflowsAreWatched: Rule = (graph) => {
  const watched = ofType(graph, 'alarm').map((alarm) => JSON.stringify(alarm.inputs.metricQueries))
  return ofType(graph, 'definition').flatMap((machine) => {
    const name = textOf(machine, 'name')
    const { TimeoutSeconds } = JSON.parse(textOf(machine, 'definition')) as { TimeoutSeconds?: number }
    const metrics = ['ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionThrottled']
    const alarm = watched.find((text) => text.includes(`:${name}"`)) ?? ''
    return [
      ...(valueAt(machine, 'loggingConfiguration.level') === 'ERROR' ? [] : [`${name} does not log its failures`]),
      ...(valueAt(machine, 'loggingConfiguration.includeExecutionData') === false ? [] : [`${name} logs its data`]),
      ...(valueAt(machine, 'tracingConfiguration.enabled') === true ? [] : [`${name} is not traced`]),
      ...(typeof TimeoutSeconds === 'number' ? [] : [`${name} may take forever`]),
      ...metrics.filter((metric) => !alarm.includes(metric)).map((metric) => `nobody watches ${metric} of ${name}`),
    ]
  })
}

/** An alarm tells somebody, both ways, and is quiet while nothing happens. */
export const alarmsTell: Rule = (graph) =>
  ofType(graph, 'alarm').flatMap((alarm) => [
    ...(listOf(alarm, 'alarmActions').length > 0 ? [] : [`${alarm.name} tells nobody`]),
    ...(alarm.inputs.treatMissingData === 'notBreaching' ? [] : [`${alarm.name} does not say what silence means`]),
  ])

/** Every log group forgets. */
export const logsEnd: Rule = (graph) =>
  ofType(graph, 'logGroup')
    .filter(({ inputs }) => !(Number(inputs.retentionInDays) > 0))
    .map(({ name }) => `${name} keeps everything`)

/** What is stored is encrypted, and goes away when its time is over. */
export const storageIsSafe: Rule = (graph) => [
  ...ofType(graph, 'table').flatMap((table) => [
    ...(valueAt(table, 'serverSideEncryption.enabled') === true ? [] : ['the table is not encrypted']),
    ...(valueAt(table, 'ttl.enabled') === true ? [] : ['nothing in the table ends']),
    ...(graph.app.stage !== 'prod' || valueAt(table, 'pointInTimeRecovery.enabled') === true
      ? []
      : ['the table cannot be restored']),
    ...(graph.app.stage !== 'prod' || table.inputs.deletionProtectionEnabled === true
      ? []
      : ['the table can be deleted']),
  ]),
  ...ofType(graph, 'key')
    .filter(({ inputs }) => inputs.enableKeyRotation !== true)
    .map(({ name }) => `${name} is not rotated`),
  ...ofType(graph, 'queue')
    .filter(({ inputs }) => inputs.sqsManagedSseEnabled !== true)
    .map(({ name }) => `${name} is not encrypted`),
]

/** Inputs that name something which AWS looks for when it makes the resource, and what they name. */
const lookedFor = [
  ['permission', 'function', 'function'],
  ['invokeConfig', 'functionName', 'function'],
  ['provisioned', 'functionName', 'function'],
  ['mapping', 'functionName', 'function'],
  ['rights', 'role', 'role'],
  ['logFilter', 'logGroupName', 'logGroup'],
  ['subscription', 'topic', 'topic'],
] as const satisfies readonly (readonly [keyof typeof types, string, keyof typeof types])[]

/**
 * What a resource names is made before it, the API answers before its topic and the first call are made, and a network is made after the
 * rights with which Lambda takes its interfaces out of it again ("To delete unused network interfaces …", knowledge center).
 */
export const orderIsSaid: Rule = (graph) => {
  const waits = waitingIn(graph)
  const networkRights = ofType(graph, 'rights').filter((one) => textOf(one, 'policy').includes('ec2:Delete'))
  return [
    ...ofType(graph, 'integration').flatMap((leading) => {
      const leads = ({ inputs }: Resource) =>
        textOf(leading, 'integrationUri')
          .split(/[:/]/)
          .includes(String(inputs.function ?? inputs.functionName))
      return [...ofType(graph, 'permission'), ...ofType(graph, 'provisioned')]
        .filter((part) => leads(part) && !waits(leading, part))
        .map(({ name }) => `${leading.name} may lead somewhere before ${name}`)
    }),
    ...[...ofType(graph, 'subnet'), ...ofType(graph, 'securityGroup')]
      .filter((part) => !networkRights.some((rights) => waits(part, rights)))
      .map(({ name }) => `${name} may outlive the rights to leave it`),
    ...lookedFor.flatMap(([kind, input, wanted]) =>
      ofType(graph, kind)
        .filter(
          (resource) =>
            !ofType(graph, wanted).some((one) => isNamed(one, resource.inputs[input]) && waits(resource, one)),
        )
        .map(({ name }) => `${name} may be made before its ${wanted}`),
    ),
    ...[
      ...ofType(graph, 'subscription').filter(({ inputs }) => inputs.protocol === 'https'),
      ...ofType(graph, 'call'),
    ].flatMap((last) =>
      [...ofType(graph, 'stage'), ...ofType(graph, 'domainMapping'), ...ofType(graph, 'table')]
        .filter((part) => !waits(last, part))
        .map(({ name }) => `${last.name} may be made before ${name}`),
    ),
  ]
}

/** What is known by more than its logical name is not made a second time beside itself. */
export const namesStay: Rule = (graph) => [
  ...ofType(graph, 'subnet')
    .filter(({ ignoreChanges }) => !ignoreChanges.includes('availabilityZone'))
    .map(({ name }) => `${name} moves with the zones`),
  ...ofType(graph, 'route')
    .filter((one) => plain(one.name) !== plain(`${textOf(one, 'routeKey')} route`))
    .map((one) => `${one.name} is not named after ${textOf(one, 'routeKey')}`),
]

const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

const isNamed = ({ inputs }: Resource, by: unknown): boolean =>
  typeof by === 'string' && (by === inputs.name || by.endsWith(`:${inputs.name}`))

/** Whether one resource is made after another, through whatever lies between them. */
function waitingIn(graph: Graph): (later: Resource, earlier: Resource) => boolean {
  const byUrn = new Map(graph.resources.map((resource) => [resource.urn, resource]))
  return (later, earlier) => {
    const seen = new Set<string>()
    const open = [later.urn]
    for (let urn = open.pop(); urn !== undefined; urn = open.pop()) {
      if (urn === earlier.urn) return true
      const further = byUrn.get(urn)?.dependsOn.filter((one) => !seen.has(one)) ?? []
      for (const one of further) seen.add(one)
      open.push(...further)
    }
    return false
  }
}
