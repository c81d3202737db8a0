import { type EndpointRow, row } from '@gridgate/http/manifest-row'
import { failoverEndpoints } from './manifest-failover.ts'
import {
  infraPorts,
  nodePorts,
  nodeTaskPorts,
  policyCommandPorts,
  preCheckPorts,
  taskPorts,
  trialPorts,
} from './ports.ts'

/**
 * Every function of the API as plain data: what the deployment, the local server and the tests read.
 * The file of a row is `functions/<name>.ts`; it exports the endpoint under `export`, and `handler`. A port is spelled with the
 * one way in which it is used (`tasks.read`) where that is not all of them; what answers a GET only reads.
 */
export const endpoints: readonly EndpointRow[] = [
  row('system/health', 'readHealth', 'GET /healthz', 'anyone'),
  row('system/ready', 'readReadiness', 'GET /readyz', 'anyone', ['health']),
  row('system/openapi', 'readOpenApi', 'GET /openapi.json', 'anyone'),
  row('system/docs', 'readDocs', 'GET /docs', 'anyone', [], { aliases: ['GET /docs/{asset}'] }),

  row(
    'clusters/list',
    'listClusters',
    'GET /clusters',
    'viewer:list',
    ['clusters.read', 'clusters.list', 'summaries', 'clock'],
    {
      memoryMb: 512,
    },
  ),
  row(
    'clusters/query',
    'findClusters',
    'POST /clusters/query',
    'viewer:list',
    ['clusters.read', 'clusters.list', 'summaries.read', 'clock'],
    {
      memoryMb: 512,
    },
  ),
  row('clusters/read', 'readCluster', 'GET /clusters/read/{cluster_id}', 'viewer', ['clusters'], { memoryMb: 512 }),
  row(
    'clusters/create',
    'addCluster',
    'POST /clusters/create',
    'network-admin',
    ['clusters.create', ...preCheckPorts],
    {
      memoryMb: 512,
    },
  ),
  row(
    'clusters/update',
    'changeCluster',
    'PATCH /clusters/update/{cluster_id}',
    'cluster-manager',
    ['clusters.read', 'clusters.replace', ...preCheckPorts],
    { aliases: ['PUT /clusters/update/{cluster_id}'], memoryMb: 512 },
  ),
  row(
    'clusters/delete',
    'deleteCluster',
    'DELETE /clusters/delete/{cluster_id}',
    'network-admin',
    ['clusters.read', 'clusters.remove', 'summaries.read', ...preCheckPorts],
    { memoryMb: 512 },
  ),
  row('clusters/heartbeat', 'takeHeartbeat', 'POST /clusters/{cluster_id}/heartbeat', 'service', [
    ...['clusters.read', 'clusters.system', 'heartbeats', 'summaries.write', 'gatewayKeys.sign', 'clock', 'log'],
  ]),
  row('clusters/controller', 'readController', 'GET /clusters/{cluster_id}/controller', 'viewer', [
    ...['clusters', 'heartbeats', 'clock'],
  ]),
  row('gateway-keys/list', 'listGatewayKeys', 'GET /gateway-keys', 'viewer', ['gatewayKeys']),
  row('gateway-keys/rotate', 'rotateGatewayKey', 'POST /gateway-keys/rotate', 'network-admin', [
    'gatewayKeys.write',
    'log',
  ]),
  row('controller-keys/rotate', 'rotateKey', 'POST /clusters/{cluster_id}/controller-key/rotate', 'cluster-manager', [
    'clusters.read',
    'controllers',
  ]),
  row(
    'clusters/sync',
    'syncCluster',
    'POST /clusters/{cluster_id}/sync',
    'cluster-manager',
    ['clusters.read', 'clusters.replace', 'controllers', ...preCheckPorts],
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
    [...nodeTaskPorts('remove-node'), 'failoverSettings.read'],
    { aliases: ['GET /nodes/remove-node-from-cluster/{cluster_id}/{node_id}'], memoryMb: 512 },
  ),
  row(
    'nodes/remove-by-body',
    'removeNamedNode',
    'POST /remove-node/{cluster_id}',
    'cluster-manager',
    [...nodeTaskPorts('remove-node'), 'failoverSettings.read'],
    { memoryMb: 512 },
  ),
  row('nodes/join', 'joinMachine', 'POST /join-node/{cluster_id}', 'cluster-manager', nodeTaskPorts('join-node'), {
    memoryMb: 512,
  }),
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
  row(
    'parser/create-cluster',
    'onboard',
    'POST /api/createCluster',
    'network-admin',
    ['clusters.create', 'clusters.remove', ...infraPorts('create-cluster-infra')],
    { memoryMb: 512 },
  ),
  row('parser/add-node', 'parseNode', 'POST /api/addNode', 'cluster-manager:body', [...nodePorts], { memoryMb: 512 }),

  row('cluster-metrics/cluster', 'showClusterMetrics', 'GET /cluster-metrics/{cluster_id}', 'viewer', [
    ...['clusters', 'controllers'],
  ]),
  row('cluster-metrics/node', 'showNodeMetrics', 'GET /cluster-metrics/node/{cluster_id}/{node_id}', 'viewer', [
    ...['clusters', 'controllers'],
  ]),
  row(
    ...(['cluster-metrics/query-nodes', 'findNodeMetrics', 'POST /cluster-metrics/{cluster_id}/node/query'] as const),
    ...(['viewer', ['clusters.read', 'controllers']] as const),
  ),
  row('cluster-metrics/query', 'askMetrics', 'POST /cluster-metrics/{cluster_id}/query', 'cluster-manager', [
    ...['clusters.read', 'controllers'],
  ]),

  row('tasks/list', 'getTasks', 'GET /tasks', 'viewer:list', ['tasks.list']),
  row('tasks/read', 'getTask', 'GET /tasks/{task_id}', 'viewer:thing', ['tasks'], { aliases: ['GET /task/{task_id}'] }),
  row('tasks/watch', 'followTask', 'GET /tasks/{task_id}/events', 'viewer:thing', ['tasks', 'clock']),
  row('tasks/cancel', 'requestCancel', 'POST /tasks/{task_id}/cancel', 'cluster-manager:thing', [
    'tasks.read',
    'tasks.advance',
    'clock',
    'log',
  ]),
  row(
    'infra/create',
    'buildInfra',
    'POST /create-cluster-infra',
    'cluster-manager:body',
    infraPorts('create-cluster-infra'),
  ),
  row(
    'infra/remove',
    'clearInfra',
    'POST /remove-cluster-infra',
    'cluster-manager:body',
    infraPorts('remove-cluster-infra'),
  ),
  row('infra/read', 'showInfra', 'GET /clusters/{cluster_id}/infra', 'viewer', [
    'clusters',
    'controllers',
    'infraPlan',
  ]),

  row('policies/create', 'publishPolicy', 'POST /policy', 'cluster-manager:body', [
    ...['policies.read', 'policies.write', 'clusters.read', 'engine.local', 'codeFetcher', 'audit', 'clock'],
  ]),
  row('policies/read', 'showPolicy', 'GET /policy/{policy_rule_uri}', 'viewer:thing', ['policies']),
  row('policies/update', 'changePolicy', 'PUT /policy/{policy_rule_uri}', 'cluster-manager:thing', [
    ...['policies.read', 'policies.write', 'engine.local', 'codeFetcher', 'audit', 'clock'],
  ]),
  row('policies/delete', 'deletePolicy', 'DELETE /policy/{policy_rule_uri}', 'cluster-manager:thing', [
    ...['policies.read', 'policies.remove', 'policyMaps.read', 'clusters.list', 'audit', 'clock'],
  ]),
  row('policies/query', 'findPolicies', 'POST /policy/query', 'viewer:list', ['policies.list']),
  row('policies/test', 'tryPolicy', 'POST /policies/test', 'cluster-manager:thing', ['policies.read', 'engine.local']),
  row('pre-checks/read', 'readPreChecks', 'GET /pre-check-policies/get', 'viewer:query', ['policyMaps', 'clusters']),
  row('pre-checks/update', 'updatePreChecks', 'POST /pre-check-policies/update', 'cluster-manager:query', [
    ...['clusters.read', 'clusters.replace', 'policyMaps', 'audit', ...preCheckPorts],
  ]),
  row('executors/create', 'addExecutor', 'POST /executor', 'network-admin', [
    ...['executors.read', 'executors.write', 'executorClient.check', 'audit', 'clock'],
  ]),
  row('executors/read', 'showExecutor', 'GET /executor/{executor_id}', 'viewer', ['executors']),
  row('executors/update', 'changeExecutor', 'PUT /executor/{executor_id}', 'network-admin', [
    ...['executors.read', 'executors.write', 'executorClient.check', 'audit', 'clock'],
  ]),
  row('executors/delete', 'deleteExecutor', 'DELETE /executor/{executor_id}', 'network-admin', [
    ...['executors.read', 'executors.remove', 'policyExecution.read', 'clusters.list', 'audit', 'clock'],
  ]),
  row('executors/query', 'findExecutors', 'POST /executor/query', 'viewer', ['executors.list']),
  row('executors/execute', 'runOnExecutor', 'POST /executor/{executor_id}/execute_policy', 'cluster-manager:thing', [
    ...['executors.read', 'executorClient.call', 'policies.read'],
  ]),
  row('executors/create-infra', 'buildExecutor', 'POST /executor/{executor_id}/create-infra', 'network-admin', [
    ...[...taskPorts('create-executor-infra'), 'executors.read', 'kubeconfigs.put', 'kubeconfigs.destroy'],
    ...['kubeconfigReader', 'clock', 'ids', 'log'],
  ]),
  row(
    'executors/remove-infra',
    'clearExecutor',
    'DELETE /executor/{executor_id}/remove-infra',
    'network-admin',
    [
      ...['executors.read', 'policyExecution.read', 'clusters.list', ...taskPorts('remove-executor-infra')],
      ...['kubeconfigs.put', 'kubeconfigs.destroy', 'kubeconfigReader', 'clock', 'ids', 'log'],
    ],
    { aliases: ['POST /executor/{executor_id}/remove-infra'] },
  ),
  row('policy-execution/read', 'readExecution', 'GET /policy-execution', 'viewer', ['policyExecution']),
  row('policy-execution/update', 'switchExecution', 'PUT /policy-execution', 'network-admin', [
    ...['policyExecution', 'executors.read', 'audit', 'clock', 'log'],
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
    ['policyExecution.read', 'executors.read', 'clusters.read', 'clusters.replace', 'audit', ...preCheckPorts],
  ),
  row('keys/create', 'addKey', 'POST /keys', 'network-admin', ['keys.list', 'keys.create', 'audit', 'clock']),
  row('keys/list', 'getKeys', 'GET /keys', 'network-admin', ['keys.list']),
  row('keys/revoke', 'endKey', 'DELETE /keys/{key_id}', 'network-admin', [
    'keys.list',
    'keys.remove',
    'audit',
    'clock',
  ]),
  row('decisions/list', 'getDecisions', 'GET /decisions', 'viewer:list', ['decisions.list']),
  row('decisions/read', 'getDecision', 'GET /decisions/{decision_id}', 'viewer:thing', ['decisions']),
  ...failoverEndpoints,
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
