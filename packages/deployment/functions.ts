/// <reference path="../../.sst/platform/config.d.ts" />
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Place, policyOf } from '@gridgate/runtime/rights'
import { variablesOf } from './environment.ts'
import type { DeployedFunction } from './function-list.ts'
import { logicalName, nameOf } from './names.ts'
import type { Site } from './place.ts'
import { arnOf, createRole, type FurtherStatement, logRights, queueRights, roleRights, traceRights } from './roles.ts'
import type { Stage } from './stage.ts'

/** What all functions of a stage have in common. */
export interface Workshop {
  stage: Stage
  site: Site
  place: $util.Output<Place>
  /** Folder of the bundles that `npm run build` makes, below the root. */
  bundles: string
  /** Values by variable; a function is given those that it reads. */
  values: Readonly<Record<string, $util.Input<string>>>
}

/** How a function differs from the others. */
export interface Exceptions {
  architecture?: 'arm64' | 'x86_64'
  reservedConcurrency?: number
  /** Warm instances, kept for a published version. */
  provisioned?: number
  /** Makes its network, after the rights that are given: on the way back Lambda takes the interfaces out of it with them. */
  vpc?: (rights: $util.Resource) => { subnetIds: $util.Input<string>[]; securityGroupIds: $util.Input<string>[] }
  /** Each of its environments runs calls of one tenant only; who calls it must say whose. It is made so, or made anew. */
  isPerTenant?: boolean
  /** A function that is told nothing, and that nobody traces. */
  isBlind?: boolean
  further?: $util.Output<FurtherStatement[]>
}

/** A function and what calls it: a version, where one is kept warm. What names it is made after it, so the name is its own. */
export interface CreatedFunction {
  name: $util.Output<string>
  arn: $util.Output<string>
  invokeArn: $util.Output<string>
  qualifier: $util.Output<string> | undefined
  /** What must be there before it is called. */
  parts: $util.Resource[]
}

/**
 * One function from its row: own role, own log group, what it may do and what it is told from the ports it names. The bytes
 * are those of `npm run build`, so a raw resource: `sst.aws.Function` would write a file of its own into the folder.
 */
export function createFunction(
  workshop: Workshop,
  row: DeployedFunction,
  exceptions: Exceptions = {},
): CreatedFunction {
  const { stage, place, values } = workshop
  const { architecture = 'arm64', reservedConcurrency, provisioned, vpc, isPerTenant, isBlind = false } = exceptions
  const name = nameOf(stage.prefix, row.name)
  const rights = place.apply((found) => policyOf(row.ports, found))
  const logGroup = createLogGroup(workshop, row.name)
  if (row.ports.some((port) => port === 'audit' || port === 'audit.append')) countLost(workshop, row.name, logGroup)
  const { role, policy } = createRole(stage.prefix, {
    ...{ name, service: 'lambda', rights },
    further: furtherRights(workshop, row, exceptions),
  })
  const made = new aws.lambda.Function(
    logicalName(row.name),
    {
      ...{ name, role: role.arn, runtime: 'nodejs24.x', handler: row.handler, architectures: [architecture] },
      code: new $util.asset.FileArchive(bundleOf(workshop, row)),
      ...{ timeout: row.timeoutSeconds, memorySize: row.memoryMb },
      loggingConfig: { logFormat: 'Text', logGroup: logGroup.name },
      tracingConfig: { mode: isBlind ? 'PassThrough' : 'Active' },
      ...(isBlind ? {} : { environment: { variables: environmentOf(row, values) } }),
      ...(reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: reservedConcurrency }),
      ...(vpc === undefined ? {} : { vpcConfig: vpc(policy) }),
      ...(isPerTenant ? { tenancyConfig: { tenantIsolationMode: 'PER_TENANT' } } : {}),
      publish: provisioned !== undefined,
    },
    // One that is made anew for its tenants keeps its name, so there cannot be two of it for a moment.
    { dependsOn: [policy, logGroup], ...(isPerTenant === undefined ? {} : { deleteBeforeReplace: true }) },
  )
  const { name: given, arn } = made
  if (provisioned === undefined) return { name: given, arn, invokeArn: made.invokeArn, qualifier: undefined, parts: [] }
  const warm = new aws.lambda.ProvisionedConcurrencyConfig(`${logicalName(row.name)}Warm`, {
    ...{ functionName: given, qualifier: made.version, provisionedConcurrentExecutions: provisioned },
  })
  return { name: given, arn, invokeArn: made.qualifiedInvokeArn, qualifier: made.version, parts: [warm] }
}

/** The folder that is deployed; @throws where nobody has built it. */
function bundleOf({ bundles }: Workshop, { folder }: DeployedFunction): string {
  const path = join($cli.paths.root, bundles, folder)
  if (!existsSync(path)) throw new Error(`${bundles}/${folder} is not there: npm run build makes it`)
  return path
}

const createLogGroup = ({ stage }: Workshop, name: string): aws.cloudwatch.LogGroup =>
  new aws.cloudwatch.LogGroup(`${logicalName(name)}Logs`, {
    ...{ name: `/aws/lambda/${stage.prefix}${name}`, retentionInDays: stage.logDays },
  })

/** Counts the lines of entries that could not be kept: the one trace of them that an alarm can see. */
function countLost({ stage }: Workshop, name: string, logGroup: aws.cloudwatch.LogGroup): void {
  new aws.cloudwatch.LogMetricFilter(`${logicalName(name)}AuditLost`, {
    ...{ name: `${stage.prefix}${name}-audit-lost`, logGroupName: logGroup.name, pattern: '"audit.lost"' },
    metricTransformation: { namespace: auditNamespace(stage), name: auditLost, value: '1' },
  })
}

/** The metric that counts entries of the audit log which could not be kept, of all functions of a stage. */
export const auditLost = 'AuditLost'
export const auditNamespace = ({ prefix }: Pick<Stage, 'prefix'>): string => `Gridgate/${prefix.replace(/-$/, '')}`

/** What a function may do besides its ports: its own log lines, its traces, its queue, roles in which it repairs. */
function furtherRights({ stage, site }: Workshop, row: DeployedFunction, exceptions: Exceptions) {
  const logs = arnOf(site, 'logs', `log-group:/aws/lambda/${stage.prefix}${row.name}`)
  const queues = row.takesFrom.map((queue) => arnOf(site, 'sqs', stage.prefix + queue))
  return $resolve({ logs, queues, further: exceptions.further ?? [] }).apply((found) => [
    logRights(found.logs),
    ...(exceptions.isBlind ? [] : [traceRights]),
    ...(found.queues.length === 0 ? [] : [queueRights(found.queues)]),
    ...(row.ports.includes('instances') && stage.repairRoles.length > 0 ? [roleRights(stage.repairRoles)] : []),
    ...found.further,
  ])
}

/** The variables that a function reads, without those that nobody set. */
function environmentOf({ ports }: DeployedFunction, values: Workshop['values']) {
  const told = variablesOf(ports).map((variable) => {
    const value = values[variable]
    if (value === undefined) throw new Error(`nobody says what ${variable} is`)
    return [variable, value] as const
  })
  return $resolve(Object.fromEntries(told)).apply((found) =>
    Object.fromEntries(Object.entries(found).filter(([, value]) => value !== '')),
  )
}
