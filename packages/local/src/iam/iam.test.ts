import { functionName } from '@gridgate/http/manifest-row'
import type { PolicyDocument } from '@gridgate/runtime/rights'
import { describe, expect, it } from 'vitest'
import { internals } from '../../../../functions/internals.ts'
import { endpoints } from '../../../../functions/manifest.ts'
import { functionPolicies } from '../cloud/function-policies.ts'
import { allowing, isLike } from './evaluate.ts'
import { type Call, needsOf } from './needs.ts'
import { openPrincipals } from './principals.ts'

const account = { region: 'eu-west-1', accountId: '000000000000' }
const place = {
  ...{ ...account, partition: 'aws', table: 'gridgate', prefix: 'gridgate-' },
  kmsKeyArn: 'arn:aws:kms:eu-west-1:000000000000:key/k',
}
const policies = functionPolicies(place)
const principals = openPrincipals({ ...account, policies, owner: { accessKeyId: 'A', secretAccessKey: 's' } })
const table = 'arn:aws:dynamodb:eu-west-1:000000000000:table/gridgate'

const call = (target: string, body: object = {}, path = '/'): Call => ({
  ...{ target, path },
  body: () => body as ReturnType<Call['body']>,
})
const db = (operation: string, body: object): Call =>
  call(`DynamoDB_20120810.${operation}`, { TableName: 'gridgate', ...body })
const row = (pk: string) => ({ pk: { S: pk }, sk: { S: 'X' } })
const listed = (list: string): Call =>
  db('Query', {
    ...{ IndexName: 'lists', KeyConditionExpression: '#pk = :pk' },
    ...{ ExpressionAttributeNames: { '#pk': 'listPk' }, ExpressionAttributeValues: { ':pk': { S: list } } },
  })

const may = (name: string, asked: Call): boolean => {
  const principal = principals.find(principals.keyOf(functionName('gridgate-', name)).accessKeyId)
  if (!principal) return false
  try {
    principals.authorize(principal, asked)
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'AccessDeniedException' })
    return false
  }
}

describe('what functions may do', () => {
  it.each([
    ['reads a row of its noun', 'clusters/read', db('GetItem', { Key: row('CLUSTER#a') }), true],
    ['writes none when it answers a GET', 'clusters/read', db('PutItem', { Item: row('CLUSTER#a') }), false],
    ['reads no other noun', 'clusters/read', db('GetItem', { Key: row('POLICY#a') }), false],
    ['reads its list', 'clusters/list', listed('CLUSTERS'), true],
    ['reads no other list', 'clusters/list', listed('TASKS'), false],
    ['scans nothing', 'clusters/list', db('Scan', {}), false],
    ['writes its noun', 'clusters/create', db('PutItem', { Item: row('CLUSTER#a') }), true],
    ['touches no other table', 'clusters/create', db('PutItem', { TableName: 'other', Item: row('CLUSTER#a') }), false],
    ['checks a key', 'tasks/list', db('GetItem', { Key: row('KEY#hash') }), true],
    ['makes no key', 'tasks/list', db('PutItem', { Item: row('KEY#hash') }), false],
    [
      'writes in one transaction what it may write',
      'infra/create',
      db('TransactWriteItems', {
        TransactItems: [
          { Put: { TableName: 'gridgate', Item: row('TASK#t') } },
          { ConditionCheck: { TableName: 'gridgate', Key: row('CLUSTER#a') } },
        ],
      }),
      true,
    ],
    [
      'writes nothing beside it',
      'infra/create',
      db('TransactWriteItems', {
        TransactItems: [
          { Put: { TableName: 'gridgate', Item: row('TASK#t') } },
          { Put: { TableName: 'gridgate', Item: row('CLUSTER#a') } },
        ],
      }),
      false,
    ],
    [
      'writes many rows of its noun only',
      'clusters/create',
      db('BatchWriteItem', {
        RequestItems: {
          gridgate: [{ PutRequest: { Item: row('CLUSTER#a') } }, { DeleteRequest: { Key: row('KEY#k') } }],
        },
      }),
      false,
    ],
    [
      'queries no partition in the place of its own',
      'clusters/read',
      db('Query', {
        KeyConditionExpression: '#sk = :a AND #pk = :b',
        ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
        ExpressionAttributeValues: { ':a': { S: 'CLUSTER#a' }, ':b': { S: 'POLICY#a' } },
      }),
      false,
    ],
    [
      'starts its workflow',
      'nodes/join',
      call('AWSStepFunctions.StartExecution', { stateMachineArn: machine('join-node') }),
      true,
    ],
    [
      'starts no other',
      'nodes/join',
      call('AWSStepFunctions.StartExecution', { stateMachineArn: machine('failover') }),
      false,
    ],
    [
      'has policies evaluated',
      'nodes/add',
      call('', {}, '/2015-03-31/functions/gridgate-internal-evaluate-policy/invocations'),
      true,
    ],
    [
      'invokes nothing else',
      'nodes/add',
      call('', {}, '/2015-03-31/functions/gridgate-clusters-create/invocations'),
      false,
    ],
    [
      'sends to its queue',
      'alarms/receive-webhook',
      call('AmazonSQS.SendMessage', { QueueUrl: 'http://x/1/gridgate-alarms' }),
      true,
    ],
    [
      'sends to no other',
      'alarms/receive-webhook',
      call('AmazonSQS.SendMessage', { QueueUrl: 'http://x/1/gridgate-notifications' }),
      false,
    ],
    ['encrypts kubeconfigs', 'infra/create', kms('GenerateDataKey', 'kubeconfig'), true],
    ['opens none where it only takes them', 'infra/create', kms('Decrypt', 'kubeconfig'), false],
    ['signs for controllers', 'nodes/add', kms('Decrypt', 'gateway-key'), true],
    ['signs for nobody where no controller is called', 'tasks/list', kms('Decrypt', 'gateway-key'), false],
    ['deploys nothing', 'clusters/create', call('AWSEvents.PutRule', {}), false],
    ['has no rights for a policy', 'internal/evaluate-policy', db('GetItem', { Key: row('CLUSTER#a') }), false],
  ])('%s: %s', (_, name, asked, allowed) => {
    expect(may(name, asked)).toBe(allowed)
  })

  it('is everything for the owner, and nothing for a key that nobody has', () => {
    expect(() => principals.authorize({ functionName: null, key: principals.keyOf('x') }, db('Scan', {}))).not.toThrow()
    expect(principals.find('A-gridgate-nobody')).toBeNull()
    expect(principals.find('B')).toBeNull()
  })
})

function machine(name: string): string {
  return `arn:aws:states:eu-west-1:000000000000:stateMachine:gridgate-${name}`
}
function kms(operation: string, purpose: string): Call {
  return call(`TrentService.${operation}`, { KeyId: place.kmsKeyArn, EncryptionContext: { purpose } })
}

describe('generated policies', () => {
  const all = [...policies].flatMap(([name, { Statement }]) => Statement.map((statement) => ({ name, statement })))

  it('name actions and resources, and partitions wherever the table is touched', () => {
    const loose = all.filter(
      ({ statement: { Action, Resource, Condition } }) =>
        Action.some((action) => action.includes('*')) ||
        Resource.some((resource) => !resource.startsWith('arn:aws:')) ||
        (Action.some((action) => action.startsWith('dynamodb:') && action !== 'dynamodb:DescribeTable') && !Condition),
    )
    expect(loose).toEqual([])
  })

  it('fit into what a role may hold', () => {
    for (const [, policy] of policies) expect(JSON.stringify(policy).length).toBeLessThan(10_240)
  })

  it('only look where a GET is answered, but for the count of requests', () => {
    const changing = /PutItem|DeleteItem|UpdateItem|BatchWriteItem|StartExecution|SendMessage|GenerateDataKey/
    const gets = new Set(
      endpoints.filter(({ method }) => method === 'GET').map((row) => functionName('gridgate-', row.name)),
    )
    const found = all.filter(({ name, statement }) => gets.has(name) && changing.test(statement.Action.join()))
    const partitions = new Set(
      found.flatMap(({ statement }) => Object.values(Object.values(statement.Condition ?? {})[0] ?? {})),
    )
    expect([...partitions].flat()).toEqual(Array(partitions.size).fill('RATE#*'))
    expect(found.every(({ statement }) => statement.Action.join() === 'dynamodb:UpdateItem')).toBe(true)
  })

  it('are there for every function', () => {
    const names = [...endpoints.map(({ name }) => name), ...internals.map(({ name }) => `internal/${name}`)]
    expect(names.filter((name) => !policies.has(functionName('gridgate-', name)))).toEqual([])
  })
})

describe('evaluation', () => {
  it.each([
    ['abc', 'abc', true],
    ['abcd', 'abc', false],
    ['abc', 'a*', true],
    ['abc', '*c', true],
    ['ac', 'a*c', true],
    ['a', 'a*a', false],
    ['a-x-b-c', 'a*b*', true],
    ['LOCK#x', 'CLUSTER#*', false],
  ])('%s is like %s: %s', (text, pattern, expected) => {
    expect(isLike(text, pattern)).toBe(expected)
  })

  it('refuses a policy in words it does not know', () => {
    const policy: PolicyDocument = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['a:b'], Resource: ['*'], Condition: { IpAddress: { x: ['y'] } } }],
    }
    expect(() => allowing(policy, { action: 'a:b', resource: 'r', context: {} })).toThrow('IpAddress')
  })

  it('asks for all the keys of a call', () => {
    const asked = db('BatchWriteItem', {
      RequestItems: { gridgate: [{ PutRequest: { Item: row('A') } }, { DeleteRequest: { Key: row('B') } }] },
    })
    expect(needsOf(asked, account)).toEqual([
      { action: 'dynamodb:BatchWriteItem', resource: table, context: { 'dynamodb:LeadingKeys': ['A', 'B'] } },
    ])
  })
})
