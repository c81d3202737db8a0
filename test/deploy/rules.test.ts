import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Graph, type Resource, readGraph } from './graph.ts'
import * as rules from './rules.ts'
import { summariseRights } from './summary.ts'

const prod = readGraph('prod')
const dev = readGraph('dev')

describe('what is deployed', () => {
  it.each(Object.entries(rules))('keeps to %s', (_, rule) => {
    expect(rule(prod)).toEqual([])
  })

  it.each(Object.entries(rules))('keeps to %s with every option', (_, rule) => {
    expect(rule(dev)).toEqual([])
  })
})

/** The graph with one resource changed. */
function faulty(name: string, change: (resource: Resource) => void): Graph {
  const graph = structuredClone(prod)
  const resource = graph.resources.find((one) => one.name === name)
  if (!resource) throw new Error(`no ${name}`)
  change(resource)
  return graph
}

/** What `link` would do, or a hand that is too generous. */
const grant = (more: object) => (resource: Resource) => {
  const policy = JSON.parse(String(resource.inputs.policy)) as { Version: string; Statement: object[] }
  resource.inputs.policy = JSON.stringify({ ...policy, Statement: [...policy.Statement, { Effect: 'Allow', ...more }] })
}

/** A resource that is made whether or not another one is there. */
const notWaitingFor = (name: string) => (resource: Resource) => {
  resource.dependsOn = resource.dependsOn.filter((urn) => !urn.endsWith(`::${name}`))
}

const table = 'arn:aws:dynamodb:us-east-1:123456789012:table/gridgate-prod-table'
const account = { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'sts:AssumeRole' }
const open = JSON.stringify({ Version: '2012-10-17', Statement: [account] })

describe('a fault is seen', () => {
  it.each<[string, rules.Rule, string, (resource: Resource) => void, string]>([
    [
      'a link',
      rules.noWildcards,
      'TasksListRights',
      grant({ Action: 'dynamodb:*', Resource: table }),
      'TasksListRole may dynamodb:*',
    ],
    [
      'an open resource',
      rules.noWildcards,
      'TasksListRights',
      grant({ Action: 'sqs:SendMessage', Resource: '*' }),
      'TasksListRole may sqs:SendMessage on *',
    ],
    [
      'an open trust policy',
      rules.closedTrust,
      'TasksListRole',
      ({ inputs }) => {
        inputs.assumeRolePolicy = open
      },
      'TasksListRole can be assumed by {"AWS":["arn:aws:iam::123456789012:root"]}',
    ],
    [
      'a managed policy',
      rules.nothingElseGrants,
      'TasksListRole',
      ({ inputs }) => {
        inputs.managedPolicyArns = ['arn:aws:iam::aws:policy/PowerUserAccess']
      },
      'TasksListRole (aws:iam/role:Role) grants rights',
    ],
    [
      'an alarm without action',
      rules.alarmsTell,
      'ApiFailedAlarm',
      ({ inputs }) => {
        inputs.alarmActions = []
      },
      'ApiFailedAlarm tells nobody',
    ],
    [
      'a queue without dead letters',
      rules.queuesAreSafe,
      'AlarmsQueue',
      ({ inputs }) => {
        delete inputs.redrivePolicy
      },
      'gridgate-prod-alarms has no dead letters',
    ],
    [
      'dead letters that nobody watches',
      rules.queuesAreSafe,
      'AlarmsDeadAlarm',
      ({ inputs }) => {
        inputs.metricQueries = []
      },
      'nobody watches gridgate-prod-alarms-dead',
    ],
    [
      'an open queue',
      rules.callersAreNamed,
      'AlarmsQueuePolicy',
      ({ inputs }) => {
        inputs.policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ ...account, Principal: { AWS: '*' } }] })
      },
      'AlarmsQueuePolicy is open to more than one caller',
    ],
    [
      'a way out of the policy network',
      rules.policiesAreAlone,
      'PolicyRoutes',
      ({ inputs }) => {
        inputs.routes = [{ cidrBlock: '0.0.0.0/0' }]
      },
      'its subnets have a route',
    ],
    [
      'a name server for policies',
      rules.policiesAreAlone,
      'PolicyNetwork',
      ({ inputs }) => {
        delete inputs.enableDnsSupport
      },
      'its network answers names',
    ],
    [
      'a variable told to policies',
      rules.policiesAreAlone,
      'InternalEvaluatePolicy',
      ({ inputs }) => {
        inputs.environment = { variables: { A: 'b' } }
      },
      'it is told something',
    ],
    [
      'a right of policies',
      rules.policiesAreAlone,
      'InternalEvaluatePolicyRights',
      grant({ Action: 'dynamodb:GetItem', Resource: table }),
      'it may dynamodb:GetItem',
    ],
    [
      'a workflow that logs its data',
      rules.workflowsAreWatched,
      'FailoverWorkflow',
      ({ inputs }) => {
        inputs.loggingConfiguration = { level: 'ERROR', includeExecutionData: true }
      },
      'gridgate-prod-failover logs its data',
    ],
    [
      'a log that never ends',
      rules.logsEnd,
      'TasksListLogs',
      ({ inputs }) => {
        delete inputs.retentionInDays
      },
      'TasksListLogs keeps everything',
    ],
    [
      'a table that can be deleted',
      rules.storageIsSafe,
      'Table',
      ({ inputs }) => {
        inputs.deletionProtectionEnabled = false
      },
      'the table can be deleted',
    ],
    [
      'a permission that does not wait for its function',
      rules.orderIsSaid,
      'TasksListPermission',
      notWaitingFor('TasksList'),
      'TasksListPermission may be made before its function',
    ],
    [
      'a topic that asks before there is an API',
      rules.orderIsSaid,
      'AlarmTopicSubscription',
      notWaitingFor('ApiStage'),
      'AlarmTopicSubscription may be made before ApiStage',
    ],
    [
      'an integration that leads where it may not call yet',
      rules.orderIsSaid,
      'TasksListIntegration',
      notWaitingFor('TasksListPermission'),
      'TasksListIntegration may lead somewhere before TasksListPermission',
    ],
    [
      'a first call that comes before IAM knows its rights',
      rules.orderIsSaid,
      'FirstGatewayKey',
      (resource) => {
        resource.dependsOn = resource.dependsOn.filter((urn) => /::(Table|InternalMakeGatewayKey)$/.test(urn))
      },
      'FirstGatewayKey may be made before ApiStage',
    ],
    [
      'a network that stays when the rights to leave it are gone',
      rules.orderIsSaid,
      'PolicySubnet1',
      notWaitingFor('InternalEvaluatePolicyRights'),
      'PolicySubnet1 may outlive the rights to leave it',
    ],
    [
      'a subnet that is made anew when a zone is away',
      rules.namesStay,
      'PolicySubnet2',
      (resource) => {
        resource.ignoreChanges = []
      },
      'PolicySubnet2 moves with the zones',
    ],
    [
      'a route that would be made beside itself',
      rules.namesStay,
      'GetTasksTaskIdRoute',
      ({ inputs }) => {
        inputs.routeKey = 'GET /tasks/{task_id}/events'
      },
      'GetTasksTaskIdRoute is not named after GET /tasks/{task_id}/events',
    ],
  ])('%s', (_, rule, name, change, said) => {
    expect(rule(faulty(name, change))).toEqual([said])
  })

  it('a right more, as one line of the golden file', () => {
    const more = grant({ Action: 'dynamodb:Scan', Resource: table })
    const golden = new Set(readFileSync(join(import.meta.dirname, 'golden/rights.txt'), 'utf8').split('\n'))
    const now = summariseRights(faulty('SystemHealthRights', more)).split('\n')
    expect(now.filter((line) => !golden.has(line))).toContain('  allow dynamodb:Scan on dynamodb:table/~table')
  })
})
