import { type EndpointRow, row } from '@gridgate/http/manifest-row'

const infraPorts = [
  ...['clusters', 'tasks', 'workflows', 'kubeconfigs', 'kubeconfigReader', 'clock', 'ids', 'log'],
  ...['policyMaps', 'policies', 'policyContexts', 'decisions', 'engine'],
]

const preCheckPorts = ['policyMaps', 'policies', 'policyContexts', 'decisions', 'engine', 'clock', 'ids', 'log']

const trialPorts = ['clusters', 'summaries', ...preCheckPorts.filter((name) => name !== 'decisions')]
const policyCommandPorts = ['clusters', 'policyMaps', 'policies', 'policyContexts', 'engine', 'log']
const nodePorts = ['clusters', 'controllers', 'summaries', ...preCheckPorts]
const nodeTaskPorts = ['tasks', 'workflows', ...nodePorts]

const actionPorts = [
  ...[
    'actions',
    'clusters',
    'controllers',
    'failoverSettings',
    'histories',
    'calendar',
    'summaries',
    'tasks',
    'workflows',
    ...['notifications', 'counters'],
  ],
  ...preCheckPorts,
]

const intakePorts = ['alarms', 'alarmQueue', 'clock', 'log']
const rulePorts = ['failoverRules', 'clusters', 'audit', 'clock']

/**
 * Every function of the API as plain data: what the deployment, the local server and the tests read.
 * The file of a row is `functions/<name>.ts`; it exports the endpoint under `export`, and `handler`.
 */
export const endpoints: readonly EndpointRow[] = [
  row('system/health', 'readHealth', 'GET /healthz', 'anyone'),
  row('system/ready', 'readReadiness', 'GET /readyz', 'anyone', ['health']),
  row('system/openapi', 'readOpenApi', 'GET /openapi.json', 'anyone'),
  row('system/docs', 'readDocs', 'GET /docs', 'anyone', [], { aliases: ['GET /docs/{asset}'] }),

  row('clusters/list', 'listClusters', 'GET /clusters', 'viewer', ['clusters', 'summaries', 'clock'], {
    memoryMb: 512,
  }),
  row('clusters/query', 'findClusters', 'POST /clusters/query', 'viewer', ['clusters', 'summaries', 'clock'], {
    memoryMb: 512,
  }),
  row('clusters/read', 'readCluster', 'GET /clusters/read/{cluster_id}', 'viewer', ['clusters'], { memoryMb: 512 }),
  row('clusters/create', 'addCluster', 'POST /clusters/create', 'network-admin', ['clusters', ...preCheckPorts], {
    memoryMb: 512,
  }),
  row(
    'clusters/update',
    'changeCluster',
    'PATCH /clusters/update/{cluster_id}',
    'cluster-manager',
    ['clusters', ...preCheckPorts],
    { aliases: ['PUT /clusters/update/{cluster_id}'], memoryMb: 512 },
  ),
  row(
    'clusters/delete',
    'deleteCluster',
    'DELETE /clusters/delete/{cluster_id}',
    'network-admin',
    ['clusters', 'summaries', ...preCheckPorts],
    { memoryMb: 512 },
  ),
  row('clusters/heartbeat', 'takeHeartbeat', 'POST /clusters/{cluster_id}/heartbeat', 'service', [
    ...['clusters', 'heartbeats', 'summaries', 'gatewayKeys', 'clock', 'log'],
  ]),
  row('clusters/controller', 'readController', 'GET /clusters/{cluster_id}/controller', 'viewer', [
    ...['clusters', 'heartbeats', 'clock'],
  ]),
  row('gateway-keys/list', 'listGatewayKeys', 'GET /gateway-keys', 'viewer', ['gatewayKeys']),
  row('gateway-keys/rotate', 'rotateGatewayKey', 'POST /gateway-keys/rotate', 'network-admin', ['gatewayKeys', 'log']),
  row('controller-keys/rotate', 'rotateKey', 'POST /clusters/{cluster_id}/controller-key/rotate', 'cluster-manager', [
    'clusters',
    'controllers',
  ]),
  row(
    'clusters/sync',
    'syncCluster',
    'POST /clusters/{cluster_id}/sync',
    'cluster-manager',
    ['clusters', 'controllers', ...preCheckPorts],
    { aliases: ['GET /sync-cluster/{cluster_id}'], memoryMb: 512 },
  ),
  row('nodes/add', 'addNodeToCluster', 'POST /nodes/add-node-to-cluster/{cluster_id}', 'cluster-manager', nodePorts, {
    memoryMb: 512,
  }),
  row(
    'nodes/remove',
    'removeNodeFromCluster',
    'DELETE /nodes/remove-node-from-cluster/{cluster_id}/{node_id}',
    'cluster-manager',
    [...nodeTaskPorts, 'failoverSettings'],
    { aliases: ['GET /nodes/remove-node-from-cluster/{cluster_id}/{node_id}'], memoryMb: 512 },
  ),
  row(
    'nodes/remove-by-body',
    'removeNamedNode',
    'POST /remove-node/{cluster_id}',
    'cluster-manager',
    [...nodeTaskPorts, 'failoverSettings'],
    { memoryMb: 512 },
  ),
  row('nodes/join', 'joinMachine', 'POST /join-node/{cluster_id}', 'cluster-manager', nodeTaskPorts, { memoryMb: 512 }),
  row(
    'nodes/pre-check-add',
    'preCheckAddition',
    'POST /pre-checks/add-node/{cluster_id}',
    'cluster-manager',
    trialPorts,
  ),
  row('nodes/pre-check-remove', 'preCheckRemoval', 'POST /pre-checks/remove-node/{cluster_id}', 'cluster-manager', [
    ...trialPorts,
  ]),
  row('nodes/manage-add', 'manageAddition', 'POST /pre-checks/add-node/mgmt/{cluster_id}', 'network-admin', [
    ...policyCommandPorts,
  ]),
  row('nodes/manage-remove', 'manageRemoval', 'POST /pre-checks/remove-node/mgmt/{cluster_id}', 'network-admin', [
    ...policyCommandPorts,
  ]),
  row(
    'nodes/dry-run-add',
    'dryRunAddition',
    'POST /pre-check-policies/add_node/dry_run/{cluster_id}',
    'cluster-manager',
    trialPorts,
  ),
  row(
    'nodes/dry-run-remove',
    'dryRunRemoval',
    'POST /pre-check-policies/remove_node/dry_run/{cluster_id}/{node_id}',
    'cluster-manager',
    trialPorts,
  ),
  row('parser/create-cluster', 'onboard', 'POST /api/createCluster', 'network-admin', infraPorts, { memoryMb: 512 }),
  row('parser/add-node', 'parseNode', 'POST /api/addNode', 'cluster-manager', [...nodePorts], { memoryMb: 512 }),

  row('cluster-metrics/cluster', 'showClusterMetrics', 'GET /cluster-metrics/{cluster_id}', 'viewer', [
    ...['clusters', 'controllers'],
  ]),
  row('cluster-metrics/node', 'showNodeMetrics', 'GET /cluster-metrics/node/{cluster_id}/{node_id}', 'viewer', [
    ...['clusters', 'controllers'],
  ]),
  row(
    ...(['cluster-metrics/query-nodes', 'findNodeMetrics', 'POST /cluster-metrics/{cluster_id}/node/query'] as const),
    ...(['viewer', ['clusters', 'controllers']] as const),
  ),
  row('cluster-metrics/query', 'askMetrics', 'POST /cluster-metrics/{cluster_id}/query', 'cluster-manager', [
    ...['clusters', 'controllers'],
  ]),

  row('tasks/list', 'getTasks', 'GET /tasks', 'viewer', ['tasks']),
  row('actions/request', 'requestFailover', 'POST /actions', 'cluster-manager', actionPorts),
  row('actions/list', 'listFailovers', 'GET /actions', 'viewer', ['actions']),
  row('actions/read', 'readFailover', 'GET /actions/{id}', 'viewer', ['actions', 'tasks']),
  row('actions/cancel', 'cancelFailover', 'POST /actions/{id}/cancel', 'cluster-manager', [
    'actions',
    'tasks',
    'clock',
    'log',
  ]),
  row('tasks/read', 'getTask', 'GET /tasks/{task_id}', 'viewer', ['tasks'], { aliases: ['GET /task/{task_id}'] }),
  row('tasks/watch', 'followTask', 'GET /tasks/{task_id}/events', 'viewer', ['tasks', 'clock']),
  row('tasks/cancel', 'requestCancel', 'POST /tasks/{task_id}/cancel', 'cluster-manager', ['tasks', 'clock', 'log']),
  row('infra/create', 'buildInfra', 'POST /create-cluster-infra', 'cluster-manager', infraPorts),
  row('infra/remove', 'clearInfra', 'POST /remove-cluster-infra', 'cluster-manager', infraPorts),
  row('infra/read', 'showInfra', 'GET /clusters/{cluster_id}/infra', 'viewer', [
    'clusters',
    'controllers',
    'infraPlan',
  ]),

  row('policies/create', 'publishPolicy', 'POST /policy', 'cluster-manager', [
    ...['policies', 'clusters', 'engine', 'codeFetcher', 'audit', 'clock'],
  ]),
  row('policies/read', 'showPolicy', 'GET /policy/{policy_rule_uri}', 'viewer', ['policies']),
  row('policies/update', 'changePolicy', 'PUT /policy/{policy_rule_uri}', 'cluster-manager', [
    ...['policies', 'engine', 'codeFetcher', 'audit', 'clock'],
  ]),
  row('policies/delete', 'deletePolicy', 'DELETE /policy/{policy_rule_uri}', 'cluster-manager', [
    ...['policies', 'policyMaps', 'clusters', 'audit', 'clock'],
  ]),
  row('policies/query', 'findPolicies', 'POST /policy/query', 'viewer', ['policies']),
  row('policies/test', 'tryPolicy', 'POST /policies/test', 'cluster-manager', ['policies', 'engine']),
  row('pre-checks/read', 'readPreChecks', 'GET /pre-check-policies/get', 'viewer', ['policyMaps', 'clusters']),
  row('pre-checks/update', 'updatePreChecks', 'POST /pre-check-policies/update', 'cluster-manager', [
    ...['clusters', 'audit', ...preCheckPorts],
  ]),
  row('executors/create', 'addExecutor', 'POST /executor', 'network-admin', [
    ...['executors', 'executorClient', 'audit', 'clock'],
  ]),
  row('executors/read', 'showExecutor', 'GET /executor/{executor_id}', 'viewer', ['executors']),
  row('executors/update', 'changeExecutor', 'PUT /executor/{executor_id}', 'network-admin', [
    ...['executors', 'executorClient', 'audit', 'clock'],
  ]),
  row('executors/delete', 'deleteExecutor', 'DELETE /executor/{executor_id}', 'network-admin', [
    ...['executors', 'policyExecution', 'clusters', 'audit', 'clock'],
  ]),
  row('executors/query', 'findExecutors', 'POST /executor/query', 'viewer', ['executors']),
  row('executors/execute', 'runOnExecutor', 'POST /executor/{executor_id}/execute_policy', 'cluster-manager', [
    ...['executors', 'executorClient', 'policies'],
  ]),
  row('executors/create-infra', 'buildExecutor', 'POST /executor/{executor_id}/create-infra', 'network-admin', [
    ...['executors', 'tasks', 'workflows', 'kubeconfigs', 'kubeconfigReader', 'clock', 'ids', 'log'],
  ]),
  row(
    'executors/remove-infra',
    'clearExecutor',
    'DELETE /executor/{executor_id}/remove-infra',
    'network-admin',
    [
      ...['executors', 'policyExecution', 'clusters', 'tasks', 'workflows'],
      ...['kubeconfigs', 'kubeconfigReader', 'clock', 'ids', 'log'],
    ],
    { aliases: ['POST /executor/{executor_id}/remove-infra'] },
  ),
  row('policy-execution/read', 'readExecution', 'GET /policy-execution', 'viewer', ['policyExecution']),
  row('policy-execution/update', 'switchExecution', 'PUT /policy-execution', 'network-admin', [
    ...['policyExecution', 'executors', 'audit', 'clock', 'log'],
  ]),
  row(
    'policy-execution/read-cluster',
    'readExecutionOfCluster',
    'GET /clusters/{cluster_id}/policy-execution',
    'viewer',
    ['policyExecution', 'clusters'],
  ),
  row(
    'policy-execution/update-cluster',
    'switchExecutionOfCluster',
    'PUT /clusters/{cluster_id}/policy-execution',
    'cluster-manager',
    ['policyExecution', 'executors', 'clusters', 'audit', ...preCheckPorts],
  ),
  row('failover/settings-read', 'showSettings', 'GET /clusters/{cluster_id}/failover', 'viewer', [
    ...['failoverSettings', 'histories', 'tasks', 'clusters', 'clock'],
  ]),
  row('failover/settings-update', 'changeSettings', 'PUT /clusters/{cluster_id}/failover', 'cluster-manager', [
    ...['actions', 'failoverSettings', 'calendar', 'clusters', 'audit', ...preCheckPorts],
  ]),
  row('failover/cordons', 'listCordons', 'GET /clusters/{cluster_id}/cordons', 'viewer', [
    ...['clusters', 'controllers', 'tasks', 'clock'],
  ]),
  row('failover/network-read', 'showNetwork', 'GET /failover', 'viewer', ['failoverSettings', 'clock']),
  row('failover/metrics', 'showMetrics', 'GET /failover/metrics', 'viewer', [
    ...['counters', 'failoverSettings', 'histories', 'tasks', 'clock'],
  ]),
  row('failover/network-update', 'changeNetwork', 'PUT /failover', 'network-admin', [
    ...['failoverSettings', 'audit', 'clock', 'log'],
  ]),
  row('alarms/receive-eventbridge', 'receiveEventBridge', 'POST /alarms/eventbridge', 'service', [
    ...['alarmTrust', ...intakePorts],
  ]),
  row('alarms/receive-alertmanager', 'receiveAlertmanager', 'POST /alarms/alertmanager', 'service', intakePorts),
  row('alarms/receive-sns', 'receiveSns', 'POST /alarms/sns', 'anyone', ['alarmTrust', ...intakePorts]),
  row('alarms/receive-webhook', 'receiveWebhook', 'POST /alarms/webhook', 'anyone', [
    ...['alarmTrust', 'webhookSecrets', ...intakePorts],
  ]),
  row('alarms/list', 'getAlarms', 'GET /alarms/events', 'viewer', ['alarms']),
  row('alarms/read', 'getAlarm', 'GET /alarms/events/{event_id}', 'viewer', ['alarms']),
  row('alarms/list-dead-letters', 'getDeadAlarms', 'GET /alarms/dead-letters', 'network-admin', ['deadAlarms']),
  row('alarms/replay-dead-letter', 'replayAlarm', 'POST /alarms/dead-letters/{id}/replay', 'network-admin', [
    ...['deadAlarms', 'alarmQueue', 'log'],
  ]),
  row('failover/rule-create', 'addRule', 'POST /failover-rules', 'cluster-manager', rulePorts),
  row('failover/rule-list', 'getRules', 'GET /failover-rules', 'viewer', ['failoverRules']),
  row('failover/rule-read', 'showRule', 'GET /failover-rules/{name}', 'viewer', ['failoverRules']),
  row('failover/rule-update', 'changeRule', 'PUT /failover-rules/{name}', 'cluster-manager', rulePorts),
  row('failover/rule-delete', 'deleteRule', 'DELETE /failover-rules/{name}', 'cluster-manager', rulePorts),
  row('failover/rule-test', 'tryRules', 'POST /failover-rules/test', 'cluster-manager', [
    ...['actions', 'failoverRules', 'alarms', 'alarmWatches', 'clusters', 'controllers', 'clock', 'log'],
  ]),
  row('webhook-secrets/create', 'addWebhookSecret', 'POST /webhook-secrets', 'network-admin', [
    ...['webhookSecrets', 'audit', 'clock', 'ids'],
  ]),
  row('webhook-secrets/list', 'getWebhookSecrets', 'GET /webhook-secrets', 'network-admin', ['webhookSecrets']),
  row('webhook-secrets/delete', 'deleteWebhookSecret', 'DELETE /webhook-secrets/{secret_id}', 'network-admin', [
    ...['webhookSecrets', 'audit', 'clock'],
  ]),
  row('decisions/list', 'getDecisions', 'GET /decisions', 'viewer', ['decisions']),
  row('decisions/read', 'getDecision', 'GET /decisions/{decision_id}', 'viewer', ['decisions']),
]

/** Every method and path that can be called. */
export const callables: readonly { method: string; path: string }[] = endpoints.flatMap(({ method, path, aliases }) => [
  { method, path },
  ...aliases.map((alias) => {
    const [aliasMethod = '', aliasPath = ''] = alias.split(' ')
    return { method: aliasMethod, path: aliasPath }
  }),
])

/** Paths on which the originals wrote tasks; workflows own tasks now, so they answer 405 (spec/decisions.md 24). */
export const retired: readonly string[] = ['/task', '/task_update']
