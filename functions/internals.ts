import type { InternalRow, QueueRow, RuleRow } from '@gridgate/http/manifest-row'

/** What counts and tells of actions. */
const reporting = ['notifications', 'counters.write']

const alarmPorts = [
  ...['alarms.read', 'alarms.write', 'alarmWatches.read', 'alarmWatches.write', 'actions.read', 'actions.begin'],
  ...['clusters.read', 'clusters.list', 'controllers', 'failoverSettings.read', 'histories', 'calendar'],
  'summaries.read',
  ...['tasks.read', 'workflows.start:failover', 'clock', 'ids', 'log', ...reporting],
  ...['policyMaps.read', 'policies.read', 'policyContexts', 'decisions.write', 'engine.decide', 'audit.append'],
]

/** What ends a task whose workflow cannot any more. */
const closing = [
  ...['tasks.read', 'tasks.finish', 'actions.read', 'actions.advance', 'clusters.read', 'clusters.system'],
  ...['controllers', 'clock'],
  ...['kubeconfigs.destroy', 'audit.append', 'log', ...reporting],
]

/** Functions that are not reachable over HTTP. The file is `functions/internal/<name>.ts`, it exports `handler`. */
export const internals: readonly InternalRow[] = [
  {
    name: 'close-task',
    ports: closing,
    timeoutSeconds: 60,
    memoryMb: 256,
  },
  {
    name: 'sweep-tasks',
    ports: ['workflows', 'tasks.open', ...closing],
    timeoutSeconds: 300,
    memoryMb: 256,
  },
  {
    name: 'sweep-cordons',
    ports: ['clusters.list', 'controllers', 'tasks.read', 'clock', 'log'],
    timeoutSeconds: 900,
    memoryMb: 256,
  },
  {
    name: 'receive-alarm',
    ports: [...alarmPorts, 'failoverRules.list', 'alarms.receive', 'alarmTrust'],
    timeoutSeconds: 60,
    memoryMb: 256,
  },
  {
    name: 'sweep-alarms',
    ports: [...alarmPorts, 'failoverRules.read', 'alarmWatches.due'],
    timeoutSeconds: 300,
    memoryMb: 256,
  },
  { name: 'bury-alarm', ports: ['deadAlarms.write', 'clock', 'log'], timeoutSeconds: 30, memoryMb: 256 },
  { name: 'send-notification', ports: ['webhooks', 'counters.write', 'log'], timeoutSeconds: 60, memoryMb: 256 },
  { name: 'bury-notification', ports: ['counters.write', 'log'], timeoutSeconds: 30, memoryMb: 256 },
  {
    name: 'make-gateway-key',
    ports: ['gatewayKeys.write', 'audit.append', 'log'],
    timeoutSeconds: 30,
    memoryMb: 256,
  },
  {
    name: 'make-admin-key',
    ports: ['keys.list', 'keys.create', 'audit.append', 'clock', 'log'],
    timeoutSeconds: 30,
    memoryMb: 256,
  },
  { name: 'anchor-audit', ports: ['audit', 'clock', 'log'], timeoutSeconds: 300, memoryMb: 256 },
  // No ports: what a policy could reach is nothing. All that its processes may hold at a time fits in (1.7 GB).
  { name: 'evaluate-policy', ports: [], timeoutSeconds: 30, memoryMb: 2048 },
]

/** Queues whose messages functions under `internal` handle. */
export const queues: readonly QueueRow[] = [
  { name: 'alarms', handler: 'receive-alarm', buriedBy: 'bury-alarm', visibilitySeconds: 120, receivesMax: 5 },
  // A server may be away for an hour.
  {
    name: 'notifications',
    handler: 'send-notification',
    buriedBy: 'bury-notification',
    visibilitySeconds: 120,
    receivesMax: 30,
  },
]

/** Messages of one event: few, so that one that hangs holds up few. */
export const messagesPerEventMax = 5

/** Events and schedules; an execution that ends is looked at only when it is one of these state machines. */
export const rulesFor = (stateMachineArns: readonly string[]): readonly RuleRow[] => [
  {
    name: 'execution-ended',
    when: {
      pattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: stateMachineArns },
      },
    },
    target: { handler: 'close-task' },
  },
  { name: 'sweep-tasks', when: { schedule: 'rate(1 minute)' }, target: { handler: 'sweep-tasks' } },
  { name: 'sweep-alarms', when: { schedule: 'rate(1 minute)' }, target: { handler: 'sweep-alarms' } },
  { name: 'sweep-cordons', when: { schedule: 'rate(1 hour)' }, target: { handler: 'sweep-cordons' } },
  { name: 'make-gateway-key', when: { schedule: 'rate(1 hour)' }, target: { handler: 'make-gateway-key' } },
  { name: 'anchor-audit', when: { schedule: 'rate(1 hour)' }, target: { handler: 'anchor-audit' } },
  {
    name: 'alarm-changed',
    when: {
      pattern: {
        source: ['aws.cloudwatch'],
        'detail-type': ['CloudWatch Alarm State Change', 'CloudWatch Alarm Contributor State Change'],
      },
    },
    target: { queue: 'alarms' },
  },
]
