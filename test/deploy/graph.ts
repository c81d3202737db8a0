import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** The root of the repository. */
export const root = join(import.meta.dirname, '../..')

const Resource = z.object({
  urn: z.string(),
  type: z.string(),
  name: z.string(),
  protect: z.boolean().default(false),
  retainOnDelete: z.boolean().default(false),
  ignoreChanges: z.array(z.string()).default([]),
  dependsOn: z.array(z.string()),
  inputs: z.record(z.string(), z.unknown()),
})
export type Resource = z.infer<typeof Resource>

export const Graph = z.object({
  app: z.object({ name: z.string(), stage: z.string(), removal: z.string(), protect: z.boolean() }),
  outputs: z.record(z.string(), z.unknown()),
  resources: z.array(Resource),
})
export type Graph = z.infer<typeof Graph>

/** The graph that global-setup.ts made. */
export const readGraph = (name: string): Graph =>
  Graph.parse(JSON.parse(readFileSync(join(root, `.sst/synth/${name}.json`), 'utf8')))

/** Short names of the types that tests ask for. */
export const types = {
  alarm: 'aws:cloudwatch/metricAlarm:MetricAlarm',
  api: 'aws:apigatewayv2/api:Api',
  call: 'aws:lambda/invocation:Invocation',
  domainMapping: 'aws:apigatewayv2/apiMapping:ApiMapping',
  definition: 'aws:sfn/stateMachine:StateMachine',
  function: 'aws:lambda/function:Function',
  integration: 'aws:apigatewayv2/integration:Integration',
  invokeConfig: 'aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig',
  key: 'aws:kms/key:Key',
  logFilter: 'aws:cloudwatch/logMetricFilter:LogMetricFilter',
  logGroup: 'aws:cloudwatch/logGroup:LogGroup',
  mapping: 'aws:lambda/eventSourceMapping:EventSourceMapping',
  permission: 'aws:lambda/permission:Permission',
  provisioned: 'aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig',
  queue: 'aws:sqs/queue:Queue',
  queuePolicy: 'aws:sqs/queuePolicy:QueuePolicy',
  role: 'aws:iam/role:Role',
  rights: 'aws:iam/rolePolicy:RolePolicy',
  route: 'aws:apigatewayv2/route:Route',
  routeTable: 'aws:ec2/routeTable:RouteTable',
  rule: 'aws:cloudwatch/eventRule:EventRule',
  securityGroup: 'aws:ec2/securityGroup:SecurityGroup',
  stage: 'aws:apigatewayv2/stage:Stage',
  subscription: 'aws:sns/topicSubscription:TopicSubscription',
  subnet: 'aws:ec2/subnet:Subnet',
  table: 'aws:dynamodb/table:Table',
  target: 'aws:cloudwatch/eventTarget:EventTarget',
  topic: 'aws:sns/topic:Topic',
  topicPolicy: 'aws:sns/topicPolicy:TopicPolicy',
  vpc: 'aws:ec2/vpc:Vpc',
} as const

export const ofType = (graph: Graph, type: keyof typeof types): Resource[] =>
  graph.resources.filter((resource) => resource.type === types[type])

/** Pulumi wraps what came from a secret. */
const Wrapped = z.looseObject({ '4dabf18193072939515e22adb298388d': z.string(), value: z.unknown() })

export const isSecret = (value: unknown): boolean => Wrapped.safeParse(value).success

/** A value inside a resource, `vpcConfig.subnetIds`; undefined where there is none. */
export function valueAt(resource: Resource, path: string): unknown {
  return path.split('.').reduce<unknown>((found, key) => {
    const plain = Wrapped.safeParse(found).data?.value ?? found
    return z.record(z.string(), z.unknown()).safeParse(plain).data?.[key]
  }, resource.inputs)
}

/** As `valueAt`, where it must be a text. */
export function textOf(resource: Resource, path: string): string {
  const found = resource.inputs[path] ?? valueAt(resource, path)
  if (typeof found !== 'string') throw new Error(`${resource.name} has no text ${path}`)
  return found
}

export const listOf = (resource: Resource, path: string): unknown[] =>
  z.array(z.unknown()).parse(valueAt(resource, path) ?? [])

/** The variables that a function is told. */
export const variablesIn = (resource: Resource): Record<string, string> =>
  z.record(z.string(), z.string()).parse(valueAt(resource, 'environment.variables') ?? {})
