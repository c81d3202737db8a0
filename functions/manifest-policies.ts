import { type EndpointRow, row } from '@gridgate/http/manifest-row'
import { preCheckPorts, taskPorts } from './ports.ts'

/** The rows of policies: their registry, the maps that say what they guard, who runs them, and what they decided. */
export const policyEndpoints: readonly EndpointRow[] = [
  row('policies/create', 'publishPolicy', 'POST /policy', 'cluster-manager:body', [
    ...['policies.read', 'policies.write', 'clusters.read', 'engine.local', 'codeFetcher', 'trail'],
  ]),
  row('policies/read', 'showPolicy', 'GET /policy/{policy_rule_uri}', 'viewer:thing', ['policies']),
  row('policies/update', 'changePolicy', 'PUT /policy/{policy_rule_uri}', 'cluster-manager:thing', [
    ...['policies.read', 'policies.write', 'engine.local', 'codeFetcher', 'trail'],
  ]),
  row('policies/delete', 'deletePolicy', 'DELETE /policy/{policy_rule_uri}', 'cluster-manager:thing', [
    ...['policies.read', 'policies.remove', 'policyMaps.read', 'clusters.list', 'trail'],
  ]),
  row('policies/query', 'findPolicies', 'POST /policy/query', 'viewer:list', ['policies.list'], {
    isAudited: false,
  }),
  row('policies/test', 'tryPolicy', 'POST /policies/test', 'cluster-manager:thing', ['policies.read', 'engine.local'], {
    isAudited: false,
  }),
  row('pre-checks/read', 'readPreChecks', 'GET /pre-check-policies/get', 'viewer:query', ['policyMaps', 'clusters']),
  row('pre-checks/update', 'updatePreChecks', 'POST /pre-check-policies/update', 'cluster-manager:query', [
    ...['clusters.read', 'clusters.replace', 'policyMaps', 'trail', ...preCheckPorts],
  ]),
  row('executors/create', 'addExecutor', 'POST /executor', 'network-admin', [
    ...['executors.read', 'executors.write', 'executorClient.check', 'trail'],
  ]),
  row('executors/read', 'showExecutor', 'GET /executor/{executor_id}', 'viewer', ['executors']),
  row('executors/update', 'changeExecutor', 'PUT /executor/{executor_id}', 'network-admin', [
    ...['executors.read', 'executors.write', 'executorClient.check', 'trail'],
  ]),
  row('executors/delete', 'deleteExecutor', 'DELETE /executor/{executor_id}', 'network-admin', [
    ...['executors.read', 'executors.remove', 'policyExecution.read', 'clusters.list', 'trail'],
  ]),
  row('executors/query', 'findExecutors', 'POST /executor/query', 'viewer', ['executors.list'], {
    isAudited: false,
  }),
  row('executors/execute', 'runOnExecutor', 'POST /executor/{executor_id}/execute_policy', 'cluster-manager:thing', [
    ...['executors.read', 'executorClient.call', 'policies.read', 'trail'],
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
    ...['policyExecution', 'executors.read', 'trail', 'log'],
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
    ['policyExecution.read', 'executors.read', 'clusters.read', 'clusters.replace', 'trail', ...preCheckPorts],
  ),
  row('decisions/list', 'getDecisions', 'GET /decisions', 'viewer:list', ['decisions.list']),
  row('decisions/read', 'getDecision', 'GET /decisions/{decision_id}', 'viewer:thing', ['decisions']),
]
