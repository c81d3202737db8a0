import { type EndpointRow, row } from '@gridgate/http/manifest-row'
import { failoverEndpoints } from './manifest-failover.ts'
import { policyEndpoints } from './manifest-policies.ts'
import { infraPorts, nodePorts, nodeTaskPorts, policyCommandPorts, preCheckPorts, trialPorts } from './ports.ts'

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
    { memoryMb: 512, isAudited: false },
  ),
  row('clusters/read', 'readCluster', 'GET /clusters/read/{cluster_id}', 'viewer', ['clusters'], { memoryMb: 512 }),
  row(
    'clusters/create',
    'addCluster',
    'POST /clusters/create',
    'network-admin',
    ['clusters.create', 'trail', ...preCheckPorts],
    {
      memoryMb: 512,
    },
  ),
  row(
    'clusters/update',
    'changeCluster',
    'PATCH /clusters/update/{cluster_id}',
    'cluster-manager',
    ['clusters.read', 'clusters.replace', 'trail', ...preCheckPorts],
    { aliases: ['PUT /clusters/update/{cluster_id}'], memoryMb: 512 },
  ),
  row(
    'clusters/delete',
    'deleteCluster',
    'DELETE /clusters/delete/{cluster_id}',
    'network-admin',
    ['clusters.read', 'clusters.remove', 'summaries.read', 'trail', ...preCheckPorts],
    { memoryMb: 512 },
  ),
  row(
    'clusters/heartbeat',
    'takeHeartbeat',
    'POST /clusters/{cluster_id}/heartbeat',
    'service',
    ['clusters.read', 'clusters.system', 'heartbeats', 'summaries.write', 'gatewayKeys.sign', 'clock', 'log'],
    { isAudited: false },
  ),
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
    ['clusters.read', 'clusters.replace', 'controllers', 'trail', ...preCheckPorts],
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
    { isAudited: false },
  ),
  row(
    'nodes/pre-check-remove',
    'preCheckRemoval',
    'POST /pre-checks/remove-node/{cluster_id}',
    'cluster-manager',
    trialPorts,
    {
      isAudited: false,
    },
  ),
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
    { isAudited: false },
  ),
  row(
    'nodes/dry-run-remove',
    'dryRunRemoval',
    'POST /pre-check-policies/remove_node/dry_run/{cluster_id}/{node_id}',
    'cluster-manager',
    trialPorts,
    { isAudited: false },
  ),
  row(
    'parser/create-cluster',
    'onboard',
    'POST /api/createCluster',
    'network-admin',
    ['clusters.create', 'clusters.remove', 'trail', ...infraPorts('create-cluster-infra')],
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
    ...(['viewer', ['clusters.read', 'controllers'], { isAudited: false }] as const),
  ),
  row(
    'cluster-metrics/query',
    'askMetrics',
    'POST /cluster-metrics/{cluster_id}/query',
    'cluster-manager',
    ['clusters.read', 'controllers'],
    {
      isAudited: false,
    },
  ),

  row('tasks/list', 'getTasks', 'GET /tasks', 'viewer:list', ['tasks.list']),
  row('tasks/read', 'getTask', 'GET /tasks/{task_id}', 'viewer:thing', ['tasks'], { aliases: ['GET /task/{task_id}'] }),
  row('tasks/watch', 'followTask', 'GET /tasks/{task_id}/events', 'viewer:thing', ['tasks', 'clock']),
  row('tasks/cancel', 'requestCancel', 'POST /tasks/{task_id}/cancel', 'cluster-manager:thing', [
    'tasks.read',
    'tasks.advance',
    'trail',
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

  ...policyEndpoints,
  row('keys/create', 'addKey', 'POST /keys', 'network-admin', ['keys.list', 'keys.create', 'trail', 'clock']),
  row('keys/list', 'getKeys', 'GET /keys', 'network-admin', ['keys.list']),
  row('keys/revoke', 'endKey', 'DELETE /keys/{key_id}', 'network-admin', [
    'keys.list',
    'keys.remove',
    'trail',
    'clock',
  ]),
  row('audit/list', 'getAudit', 'GET /audit', 'network-admin', ['audit', 'clock']),
  row('audit/list-chains', 'getAuditChains', 'GET /audit/chains', 'network-admin', ['audit.read', 'audit.list']),
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
