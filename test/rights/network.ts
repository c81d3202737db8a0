import { ActionId, ActionOrder } from '@gridgate/core/action/action'
import { FailoverRule } from '@gridgate/core/alarm/failover-rule'
import { parseWebhook } from '@gridgate/core/alarm/parse-webhook'
import type { ClusterId } from '@gridgate/core/cluster/cluster'
import { Cluster } from '@gridgate/core/cluster/cluster'
import type { JsonObject } from '@gridgate/core/json'
import type { Ports } from '@gridgate/core/ports'
import { startTask } from '@gridgate/core/task/start-task'
import { TaskId } from '@gridgate/core/task/task'
import { addExecutorTo } from '../executor-world.ts'
import { guard, publish } from '../policy-world.ts'
import { admin } from '../world.ts'

/** The clusters of the network: one in the callers' scope, one out of it, and one that is not there. */
export const [mine, theirs, absent] = ['west-1', 'hidden-7', 'absent-7'] as [ClusterId, ClusterId, ClusterId]

/** Fills a world: two clusters, and one of everything about each of them and about the network. */
export async function fillNetwork(ports: Ports, controllerKey: JsonObject): Promise<void> {
  for (const id of [mine, theirs]) await fillCluster(ports, id, controllerKey)
  await addTask(ports, null)
  await addExecutorTo({ ports }, 'executor-001', { executor_host_uri: 'http://executor.example.com:30900' })
  const policyRuleURI = await publish({ ports }, 'admit', { name: 'policy-of-null' })
  await guard({ ports }, { add_node: { policyRuleURI }, remove_node: { policyRuleURI } })
  await ports.deadAlarms.put({ id: 'dead-1', at: now(ports), event_id: null, message: '{}' })
  await ports.decisions.append(decision(ports, null))
}

async function fillCluster(ports: Ports, id: ClusterId, controllerKey: JsonObject): Promise<void> {
  const nodes = { count: 1, nodeData: [{ id: `node-of-${id}` }] }
  // Names a policy that is not its own, and so is not run.
  const guarded = id === theirs ? { actionsPolicyMap: { add_node: `policy-of-${mine}:1-test` } } : {}
  const config = { publicHostname: `${id}.example.com`, ...guarded }
  const { version } = await ports.clusters.create(Cluster.parse({ id, regionId: `region-of-${id}`, nodes, config }))
  const controllerService = `http://${id}.example.com:32000/controller`
  const urlMap = { controllerService, metricsService: controllerService }
  await ports.clusters.writeSystem(id, version, { controllerKey, urlMap })
  await ports.summaries.put(id, { cluster: { vcpu: { load15m: 1 } } }, ports.clock.now())
  await ports.counters.add({ clusterId: id, counts: { 'actions#cordon_nodepool#failed': 1 } })
  await ports.decisions.append(decision(ports, id))
  await publish({ ports }, 'admit', { name: `policy-of-${id}`, cluster_id: id })
  await addTask(ports, id)
  await addAction(ports, id)
  await addAlarm(ports, id)
}

const now = (ports: Ports): string => ports.clock.now().toISOString()

const decision = (ports: Ports, clusterId: ClusterId | null) => ({
  ...{ id: `decision-of-${clusterId}`, at: now(ports), action: 'add_node', level: 'network' as const },
  ...{ cluster_id: clusterId, caller: 'c', policy_rule_uri: 'a:1-b', policy_digest: null, engine: 'local' as const },
  ...{ input_sha256: '', verdict: 'allowed' as const, code: null, reason: null, rewrite: [], rewrite_too_large: false },
  ...{ duration_ms: 1, request_id: null, task_id: null },
})

const addTask = (ports: Ports, clusterId: ClusterId | null) =>
  startTask(ports, {
    taskId: TaskId.parse(`task-of-${clusterId}`),
    type: clusterId === null ? 'executor_infra_creation' : 'failover_action',
    caller: admin,
    clusterId,
    data: { cluster_id: clusterId },
    locks: [],
    workflow: 'failover',
    input: {},
  })

/** An action on a pool, as `POST /actions` takes it. */
export const orderOn = (id: string, clusterId: string) => ({
  ...{ id, type: 'cordon_nodepool', requestor: 'me', reason: 'slow', cluster_id: clusterId, node_pool: 'pool-a' },
})

async function addAction(ports: Ports, clusterId: ClusterId): Promise<void> {
  const id = ActionId.parse(`action-of-${clusterId}`)
  const order = ActionOrder.parse({
    ...orderOn(id, clusterId),
    ...{ dry_run: false, namespace: 'default', jobset_name: null, node_name: null, force: false, ladder: [] },
    ...{ preflight_checks: { expected_node_counts: false }, uncordon_when_verified: null },
  })
  const { type, namespace, node_name, jobset_name, requestor, reason, dry_run, node_pool } = order
  const plan = { pool: 'pool-a', pool_label: null, jobset: null, pods: [], instance: null }
  const record = {
    ...{ id, type, namespace, node_name, jobset_name, requestor, reason, dry_run, node_pool, plan, checks: [] },
    ...{ state: 'running' as const, cluster_id: clusterId, identity: 'c' },
    ...{ task_id: TaskId.parse(`task-of-${clusterId}`), created_at: now(ports), updated_at: now(ports) },
  }
  await ports.actions.begin({ record, order, isAutomatic: false, isForced: false, version: 1 }, [], null, null)
}

async function addAlarm(ports: Ports, clusterId: ClusterId): Promise<void> {
  const rule = FailoverRule.parse(ruleFor(`rule-of-${clusterId}`, clusterId))
  await ports.failoverRules.create(rule)
  const [event] = parseWebhook({ alarm_name: `alarm-of-${clusterId}`, state: 'alarm', state_at: now(ports) })
  if (!event) throw new Error('no event')
  const outcome = {
    ...{ rule: rule.name, cluster_id: clusterId, target: null, verdict: 'nothing' as const, due_at: null },
    ...{ action_id: null, action_state: null, code: null, detail: null, at: now(ports) },
  }
  const handled = { received_at: now(ports), caller: 'k', clusters: [mine, theirs], handled_at: now(ports) }
  const alarm = { ...event, event_id: `event-of-${clusterId}`, ...handled, outcomes: [outcome], version: 1 }
  await ports.alarms.create(alarm, { bucket: 'k', minute: 1, max: 100 })
}

/** A rule that only observes, as `POST /failover-rules` takes it. */
export const ruleFor = (name: string, clusterId: string) => ({
  ...{ name, match: { alarm_name: '*' }, cluster_id: clusterId, node_pool: 'p', type: 'cordon_nodepool' },
  mode: 'observe',
})
