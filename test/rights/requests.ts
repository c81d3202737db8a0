import { readFileSync } from 'node:fs'
import type { EndpointRow } from '@gridgate/http/manifest-row'
import { scripted } from '../scripted-policies.ts'
import { orderOn, ruleFor } from './network.ts'

/** A request of one method on one path, about one cluster where it is about any. */
export interface Asked {
  method: string
  path: string
  body?: unknown
}

/** What stands for the parameters of paths; of things there is one for each cluster, and one of none. */
const parameters: Record<string, (cluster: string) => string> = {
  cluster_id: (cluster) => cluster,
  node_id: (cluster) => `node-of-${cluster}`,
  task_id: (cluster) => `task-of-${cluster}`,
  policy_rule_uri: (cluster) => `policy-of-${cluster}:1-test`,
  event_id: (cluster) => `event-of-${cluster}`,
  decision_id: (cluster) => `decision-of-${cluster}`,
  executor_id: () => 'executor-001',
  key_id: () => 'none',
  secret_id: () => 'none',
  asset: () => 'start.js',
}

/** Parameters whose meaning is the route's. */
const named: Record<string, (cluster: string) => string> = {
  actions: (cluster) => `action-of-${cluster}`,
  'failover-rules': (cluster) => `rule-of-${cluster}`,
  alarms: () => 'dead-1',
}

const policy = scripted.count.source
const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../packages/core/src/alarm/fixtures/${name}.json`, import.meta.url), 'utf8'))

const kubeconfig = {
  'current-context': 'main',
  clusters: [{ name: 'c', cluster: { server: 'https://k8s.example:6443' } }],
  users: [{ name: 'u', user: { token: 'token' } }],
  contexts: [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
}

/** What some routes are sent, by their names; the others get an empty object where they read a body. */
const bodies: Record<string, (cluster: string) => unknown> = {
  'clusters/create': () => ({ id: 'new-1', regionId: 'eu', nodes: { count: 0, nodeData: [] } }),
  'clusters/query': () => ({ query: {} }),
  'clusters/heartbeat': () => {
    const at = new Date(Date.UTC(2030, 0, 1)).toISOString()
    return { version: '1', started_at: at, sent_at: at }
  },
  'clusters/update': () => ({ 'clusterMetadata.owner': 'Ann' }),
  'nodes/add': () => ({ id: 'new-node' }),
  'nodes/remove-by-body': (cluster) => ({ node_id: `node-of-${cluster}` }),
  'nodes/join': () => ({ node_data: { id: 'machine-1' } }),
  'nodes/pre-check-add': () => ({ id: 'new-node' }),
  'nodes/pre-check-remove': (cluster) => ({ node_id: `node-of-${cluster}` }),
  'nodes/manage-add': () => ({ mgmt_action: 'limit', mgmt_data: { to: 9 } }),
  'nodes/manage-remove': () => ({ mgmt_action: 'limit', mgmt_data: { to: 9 } }),
  'nodes/dry-run-add': () => ({ id: 'new-node' }),
  'parser/create-cluster': () => ({
    ...{ id: 'new-1', regionId: 'eu', nodes: { count: 0, nodeData: [] } },
    ...{ config: { publicHostname: 'new-1.example.com' }, kube_config_data: kubeconfig },
  }),
  'parser/add-node': (cluster) => ({ clusterId: cluster, id: 'new-node' }),
  'cluster-metrics/query': () => ({ query: 'up' }),
  'actions/request': (cluster) => orderOn('a-new', cluster),
  'infra/create': (cluster) => ({ cluster_id: cluster, kube_config_data: kubeconfig }),
  'infra/remove': (cluster) => ({ cluster_id: cluster, kube_config_data: kubeconfig }),
  'policies/create': (cluster) => ({
    ...{ name: 'new', version: '1', release_tag: 'x', type: 'python_class_v1', code: policy },
    cluster_id: cluster,
  }),
  'policies/update': () => ({ description: 'another' }),
  'policies/test': (cluster) => ({ policy_rule_uri: `policy-of-${cluster}:1-test`, input_data: {} }),
  'executors/execute': (cluster) => ({ policy_rule_uri: `policy-of-${cluster}:1-test`, input_data: { a: 1 } }),
  'failover/rule-create': (cluster) => ruleFor('new-rule', cluster),
  'failover/rule-update': (cluster) => ruleFor(`rule-of-${cluster}`, cluster),
  'failover/rule-test': (cluster) => ({
    ...{ source: 'webhook', rule: ruleFor('new-rule', cluster) },
    event: { alarm_name: 'a', state: 'alarm', state_at: '2030-01-01T00:00:00Z' },
  }),
  'executors/create': () => ({ executor_id: 'executor-002', executor_host_uri: 'http://executor.example.com:30900' }),
  'executors/create-infra': () => ({ cluster_config: kubeconfig }),
  'executors/remove-infra': () => ({ cluster_config: kubeconfig }),
  'policy-execution/update': () => ({ mode: 'local' }),
  'policy-execution/update-cluster': () => ({ mode: 'local' }),
  'failover/settings-update': () => ({ mode: 'off' }),
  'alarms/receive-eventbridge': () => fixture('eventbridge-metric'),
  'alarms/receive-alertmanager': () => fixture('alertmanager-two'),
  'webhook-secrets/create': () => ({ name: 'new' }),
  'keys/create': () => ({ name: 'a', role: 'viewer' }),
}

const queries: Record<string, (cluster: string) => string> = {
  'pre-checks/read': (cluster) => `?cluster_id=${cluster}`,
  'pre-checks/update': (cluster) => `?cluster_id=${cluster}`,
  'tasks/watch': () => '?wait=0',
}

/** The requests of a row: by its own path, and by each alias. */
export function requestsOf(row: EndpointRow, cluster: string): Asked[] {
  const calls = [`${row.method} ${row.path}`, ...row.aliases]
  return calls.map((call) => {
    const [method = '', template = ''] = call.split(' ')
    const path = filled(template, cluster) + (queries[row.name]?.(cluster) ?? '')
    return method === 'GET' || method === 'DELETE'
      ? { method, path }
      : { method, path, body: bodies[row.name]?.(cluster) ?? {} }
  })
}

function filled(template: string, cluster: string): string {
  const noun = template.split('/')[1] ?? ''
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = name === 'id' || name === 'name' ? named[noun] : parameters[name]
    if (!value) throw new Error(`no value for {${name}} of ${template}`)
    return encodeURIComponent(value(cluster))
  })
}
