import type { Reason } from './granted.ts'

const [get, query, put, remove, check, many] = [
  ...(['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem'] as const),
  ...(['dynamodb:ConditionCheckItem', 'dynamodb:BatchWriteItem'] as const),
]
const add = 'dynamodb:UpdateItem'

const scriptedController = 'each call of a controller is signed; what runs in memory has a scripted one'
const guardedOnly = 'only where a policy guards the action'
const remoteOnly = 'only where policies run on an executor'
const deadTask = 'only when a task dies, or cannot be put, while a kubeconfig is held for it'
const whenRefused = 'only when a lock is held does a task ask by whom; only some tasks give way to locks of others'
const notified = 'only where addresses to notify are configured'

/** Rights that no suite uses, by the port that asks for them, and why they stay. */
export const reasons: readonly Reason[] = [
  { port: 'rateLimiter', actions: [add], key: 'RATE#*', reason: 'the local gateway knows no addresses of strangers' },
  {
    port: 'idempotency',
    byChance: true,
    actions: [remove],
    key: 'IDEMPOTENCY#*',
    reason: 'only when a handler throws',
  },
  {
    ...{ port: 'idempotency', actions: [query, many], key: 'IDEMPOTENCY#*' },
    reason: 'a reply is kept only of success, which a controller or an executor would have to give',
  },
  {
    ...{ port: 'clusters', actions: [get, query], key: 'CLUSTER#*' },
    reason: 'a cluster is read with its nodes or without: one right, for either use',
  },
  { port: 'clusters', actions: [many], key: 'CLUSTER#*', reason: 'only when more than 90 rows of nodes change' },
  { port: 'clusters', actions: [remove], key: 'CLUSTER#*', reason: 'only when nodes leave a document' },
  { port: 'controllers', actions: [get], key: 'GATEWAY_KEYS', reason: scriptedController },
  { port: 'controllers', actions: ['kms:Decrypt'], key: 'gateway-key', reason: scriptedController },
  { port: 'engine', actions: [get], key: 'EXECUTOR#*', reason: remoteOnly },
  { port: 'engine', actions: [get], key: 'GATEWAY_KEYS', reason: remoteOnly },
  { port: 'engine', actions: ['kms:Decrypt'], key: 'gateway-key', reason: remoteOnly },
  { port: 'engine', actions: ['lambda:InvokeFunction'], key: null, reason: guardedOnly },
  { port: 'policies', actions: [get], key: 'POLICY#*', reason: guardedOnly },
  { port: 'policyContexts', actions: [get, put], key: 'CONTEXT#*', reason: guardedOnly },
  { port: 'decisions', actions: [put], key: 'DECISION#*', reason: guardedOnly },
  { port: 'kubeconfigs', byChance: true, actions: [remove], key: 'KUBECONFIG#*', reason: deadTask },
  { port: 'tasks', byChance: true, actions: [get, check], key: 'LOCK#*', reason: whenRefused },
  { port: 'tasks', actions: [check], key: 'CLUSTER#*', reason: 'only tasks about a cluster look at it' },
  { port: 'tasks', actions: [get], key: 'TASK#*', reason: 'only while an action holds a pool' },
  { port: 'notifications', actions: ['sqs:SendMessage', 'sqs:GetQueueUrl'], key: null, reason: notified },
  {
    port: 'actions',
    actions: [query],
    key: 'ACTION#*',
    reason: 'an action is read with its nodes or without: one right',
  },
  {
    ...{ port: 'clusters', actions: [query], key: 'LOCK#*' },
    reason: 'the locks of a cluster are looked at before its infrastructure changes, once it has some',
  },
  {
    port: 'clusters',
    byChance: true,
    actions: [query],
    key: 'CLUSTERS',
    reason: 'only for a rule or an order that names no cluster',
  },
  {
    ...{ port: 'clusters', byChance: true, actions: [put], key: 'CLUSTER#*' },
    functions: ['internal-close-task', 'internal-sweep-tasks'],
    reason: 'only when the task of an infrastructure dies',
  },
  {
    ...{ port: 'alarmQueue', actions: ['sqs:SendMessage', 'sqs:GetQueueUrl'], key: null },
    functions: ['alarms-receive-sns'],
    reason: 'messages of SNS are signed with a key of AWS',
  },
  {
    ...{ port: 'workflows', byChance: true, actions: ['states:DescribeExecution', 'states:StartExecution'], key: null },
    functions: ['internal-sweep-tasks'],
    reason: 'only for a task that is open for longer than its start takes: crashes leave some',
  },
  {
    ...{ port: 'workflows', byChance: true, actions: ['states:StartExecution'], key: null },
    functions: ['internal-receive-alarm', 'internal-sweep-alarms'],
    reason: 'alarms that act do so in simulations, whose workflows are started by hand',
  },
  { port: 'actions', byChance: true, actions: [get], key: 'LOCK#*', reason: whenRefused },
  {
    ...{ port: 'failoverSettings', actions: [get], key: 'NETWORK' },
    reason: 'settings of a cluster and of the network are read together or alone: one right',
  },
  { port: 'actions', actions: [get], key: 'ACTION#*', reason: 'only for an alarm that led to an action' },
  { port: 'alarms', actions: [get], key: 'ALARM#*', reason: 'only for an alarm that is watched' },
]
