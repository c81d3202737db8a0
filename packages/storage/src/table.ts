import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'

/**
 * Every key and index of the one table, on one screen. What different functions may write stands in different partitions,
 * because rights are given by the beginning of `pk`.
 *
 * | item             | pk                    | sk                         | index1 pk → sk              |
 * | ---------------- | --------------------- | -------------------------- | --------------------------- |
 * | cluster          | CLUSTER#id            | CLUSTER                    | CLUSTERS → id               |
 * | node             | CLUSTER#id            | NODE#generation#nodeId     |                             |
 * | removed cluster  | CLUSTER#id            | REMOVED                    |                             |
 * | lock             | LOCK#clusterId        | name                       |                             |
 * | block            | CLUSTER#id            | BLOCK#blockId              |                             |
 * | vdag controller  | CLUSTER#id            | VDAG#id                    |                             |
 * | failover         | CLUSTER#id            | FAILOVER                   |                             |
 * | failover history | HISTORY#clusterId     | HISTORY                    |                             |
 * | heartbeat        | HEARTBEAT#id          | HEARTBEAT                  |                             |
 * | task             | TASK#id               | TASK                       | TASKS → created#id          |
 * | unfinished task  | TASK#id               | OPEN                       | OPEN_TASKS → created#id     |
 * | action           | ACTION#id             | ACTION                     | ACTIONS → created#id        |
 * | node of action   | ACTION#id             | NODE#created#name          |                             |
 * | policy           | POLICY#uri            | POLICY                     | POLICIES → uri              |
 * | policy code      | POLICY#uri            | CODE                       |                             |
 * | network map      | NETWORK               | POLICY_MAP                 |                             |
 * | old network map  | NETWORK               | POLICY_MAP#version         |                             |
 * | network switch   | NETWORK               | POLICY_EXECUTION           |                             |
 * | network failover | NETWORK               | FAILOVER                   |                             |
 * | network history  | HISTORY#              | HISTORY                    |                             |
 * | executor         | EXECUTOR#id           | EXECUTOR                   | EXECUTORS → id              |
 * | policy context   | CONTEXT#scope         | CONTEXT                    |                             |
 * | decision         | DECISION#id           | DECISION                   | DECISIONS → at#id           |
 * | key              | KEY#sha256            | KEY                        | KEYS → keyId                |
 * | gateway's keys   | GATEWAY_KEYS          | GATEWAY_KEYS               |                             |
 * | requests         | RATE#sha256           | minute                     |                             |
 * | audit entry      | AUDIT#clusterId#day   | sequence                   | AUDIT_CHAINS → day#clusterId |
 * | audit anchor     | AUDIT_ANCHOR#day      | #clusterId                 |                             |
 * | metrics summary  | SUMMARY#clusterId     | SUMMARY                    |                             |
 * | kubeconfig       | KUBECONFIG#reference  | KUBECONFIG                 |                             |
 * | idempotency      | IDEMPOTENCY#sha256    | IDEMPOTENCY, PART#n        |                             |
 * | alarm event      | ALARM#eventId         | ALARM                      | ALARMS → received#id        |
 * | alarm count      | ALARM_COUNT#bucket    | minute                     |                             |
 * | alarm watch      | WATCH#cluster#rule    | target                     | DUE_WATCHES → due#…         |
 * | dead alarm       | DEAD_ALARM#id         | DEAD_ALARM                 | DEAD_ALARMS → at#id         |
 * | failover rule    | RULE#name             | RULE                       | RULES → name                |
 * | webhook secret   | WEBHOOK_SECRET#id     | WEBHOOK_SECRET             | WEBHOOK_SECRETS → id        |
 * | counters         | COUNTERS#clusterId    | COUNTERS                   | COUNTERS → clusterId        |
 * | network counters | COUNTERS#             | COUNTERS                   | COUNTERS → #                |
 */
export const keys = {
  cluster: (id: string) => ({ pk: `CLUSTER#${id}`, sk: 'CLUSTER' }),
  node: (id: string, generation: string, nodeId: string) => ({
    pk: `CLUSTER#${id}`,
    sk: `NODE#${generation}#${nodeId}`,
  }),
  removedCluster: (id: string) => ({ pk: `CLUSTER#${id}`, sk: 'REMOVED' }),
  lock: (name: string, id: string) => ({ pk: `LOCK#${id}`, sk: name }),
  failover: (id: string) => ({ pk: `CLUSTER#${id}`, sk: 'FAILOVER' }),
  history: (clusterId: string) => ({ pk: `HISTORY#${clusterId}`, sk: 'HISTORY' }),
  heartbeat: (id: string) => ({ pk: `HEARTBEAT#${id}`, sk: 'HEARTBEAT' }),
  task: (id: string) => ({ pk: `TASK#${id}`, sk: 'TASK' }),
  openTask: (id: string) => ({ pk: `TASK#${id}`, sk: 'OPEN' }),
  action: (id: string) => ({ pk: `ACTION#${id}`, sk: 'ACTION' }),
  actionNode: (id: string, created: string, name: string) => ({ pk: `ACTION#${id}`, sk: `NODE#${created}#${name}` }),
  policy: (uri: string) => ({ pk: `POLICY#${uri}`, sk: 'POLICY' }),
  policyCode: (uri: string) => ({ pk: `POLICY#${uri}`, sk: 'CODE' }),
  policyMap: () => ({ pk: 'NETWORK', sk: 'POLICY_MAP' }),
  oldPolicyMap: (version: number) => ({ pk: 'NETWORK', sk: `POLICY_MAP#${String(version).padStart(9, '0')}` }),
  policyExecution: () => ({ pk: 'NETWORK', sk: 'POLICY_EXECUTION' }),
  networkFailover: () => ({ pk: 'NETWORK', sk: 'FAILOVER' }),
  networkHistory: () => ({ pk: 'HISTORY#', sk: 'HISTORY' }),
  executor: (id: string) => ({ pk: `EXECUTOR#${id}`, sk: 'EXECUTOR' }),
  policyContext: (scope: string) => ({ pk: `CONTEXT#${scope}`, sk: 'CONTEXT' }),
  decision: (id: string) => ({ pk: `DECISION#${id}`, sk: 'DECISION' }),
  gatewayKeys: () => ({ pk: 'GATEWAY_KEYS', sk: 'GATEWAY_KEYS' }),
  key: (hash: string) => ({ pk: `KEY#${hash}`, sk: 'KEY' }),
  rate: (sha256: string, minute: number) => ({ pk: `RATE#${sha256}`, sk: String(minute) }),
  audit: (clusterId: string, day: string, sequence: number) => ({
    pk: `AUDIT#${clusterId}#${day}`,
    sk: String(sequence).padStart(9, '0'),
  }),
  auditAnchor: (day: string, clusterId: string) => ({ pk: `AUDIT_ANCHOR#${day}`, sk: `#${clusterId}` }),
  summary: (clusterId: string) => ({ pk: `SUMMARY#${clusterId}`, sk: 'SUMMARY' }),
  kubeconfig: (reference: string) => ({ pk: `KUBECONFIG#${reference}`, sk: 'KUBECONFIG' }),
  idempotency: (sha256: string) => ({ pk: `IDEMPOTENCY#${sha256}`, sk: 'IDEMPOTENCY' }),
  alarm: (eventId: string) => ({ pk: `ALARM#${eventId}`, sk: 'ALARM' }),
  alarmCount: (bucket: string, minute: number) => ({ pk: `ALARM_COUNT#${bucket}`, sk: String(minute) }),
  alarmWatch: (clusterId: string, rule: string, target: string) => ({ pk: `WATCH#${clusterId}#${rule}`, sk: target }),
  deadAlarm: (id: string) => ({ pk: `DEAD_ALARM#${id}`, sk: 'DEAD_ALARM' }),
  failoverRule: (name: string) => ({ pk: `RULE#${name}`, sk: 'RULE' }),
  webhookSecret: (id: string) => ({ pk: `WEBHOOK_SECRET#${id}`, sk: 'WEBHOOK_SECRET' }),
  counters: (clusterId: string) => ({ pk: `COUNTERS#${clusterId}`, sk: 'COUNTERS' }),
  networkCounters: () => ({ pk: 'COUNTERS#', sk: 'COUNTERS' }),
} as const

/** Lists are partitions of the first index; the sort key decides their order. */
export const lists = {
  clusters: 'CLUSTERS',
  tasks: 'TASKS',
  openTasks: 'OPEN_TASKS',
  actions: 'ACTIONS',
  policies: 'POLICIES',
  executors: 'EXECUTORS',
  decisions: 'DECISIONS',
  auditChains: 'AUDIT_CHAINS',
  keys: 'KEYS',
  alarms: 'ALARMS',
  dueWatches: 'DUE_WATCHES',
  deadAlarms: 'DEAD_ALARMS',
  failoverRules: 'RULES',
  webhookSecrets: 'WEBHOOK_SECRETS',
  counters: 'COUNTERS',
} as const

/** The table as it is created, locally and deployed. `ttl` holds Unix seconds; readers also check it themselves. */
export const tableDefinition = {
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: 'listPk', AttributeType: 'S' },
    { AttributeName: 'listSk', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'lists',
      KeySchema: [
        { AttributeName: 'listPk', KeyType: 'HASH' },
        { AttributeName: 'listSk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST',
} satisfies Omit<CreateTableCommandInput, 'TableName'>

export const listIndex = 'lists'
export const ttlAttribute = 'ttl'
