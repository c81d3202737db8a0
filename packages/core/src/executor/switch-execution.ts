import type { Caller } from '../caller.ts'
import type { ClusterId } from '../cluster/cluster.ts'
import { asJson, type GuardPorts, guardDocument } from '../cluster/guard-document.ts'
import { readCluster } from '../cluster/read-cluster.ts'
import { refuseOtherVersion } from '../cluster/update-cluster.ts'
import { GridError } from '../errors.ts'
import { requireOwner } from '../policy/own-policy.ts'
import { withoutOwnGuard } from '../policy/update-policy-map.ts'
import type { Needs } from '../ports.ts'
import {
  type ClusterSwitchChange,
  clusterSwitch,
  type ExecutionSwitch,
  type SwitchChange,
  withSwitch,
} from './execution-switch.ts'
import { findExecutor } from './find-executor.ts'
import { type ClusterExecution, readClusterExecution } from './read-execution.ts'

interface SwitchRequest<Change> {
  change: Change
  ifMatch: number | null
  caller: Caller
  requestId: string | null
}

/**
 * Switches where the network's policies run, and those of every cluster without a switch of its own; holds from the next
 * decision on.
 * @throws {GridError} `request.invalid`, `executor.not_found`, `precondition.failed`, `policy.changed`
 */
export async function switchNetworkExecution(
  ports: Needs<'policyExecution' | 'executors' | 'trail' | 'log'>,
  { change, ifMatch, requestId }: Omit<SwitchRequest<SwitchChange>, 'caller'>,
): Promise<{ setting: ExecutionSwitch; version: number }> {
  await requireExecutor(ports, change)
  const { setting: before, version } = await ports.policyExecution.read()
  if (ifMatch !== null && ifMatch !== version)
    throw new GridError('precondition.failed', `the switch is at version ${version}, not ${ifMatch}`)
  const after = { mode: change.mode, executor_id: change.mode === 'remote' ? (change.executor_id ?? null) : null }
  const stored = await ports.policyExecution.replace(after, version)
  ports.trail.note({ subject: 'policy-execution network', before, after })
  ports.log.info('policy_execution.switched', { clusterId: null, ...after, requestId })
  return stored
}

/**
 * Switches where a cluster's own policies run. The switch is a part of its document, so the network's `update_cluster` policy is
 * asked; the cluster's own is not, or one that cannot be run where it should could never be brought back.
 * @throws {GridError} `request.invalid`, `executor.not_found`, `cluster.not_found`, `precondition.failed`, `cluster.changed` and
 *   what the policy says
 */
export async function switchClusterExecution(
  ports: Needs<'policyExecution' | 'executors' | 'clusters' | 'trail'> & GuardPorts,
  id: ClusterId,
  { change, ifMatch, caller, requestId }: SwitchRequest<ClusterSwitchChange>,
): Promise<{ setting: ClusterExecution; version: number }> {
  requireOwner(caller, id)
  await requireExecutor(ports, change)
  const { before, after } = await ports.clusters.inTurn(id, async () => {
    const current = await readCluster(ports, id)
    refuseOtherVersion(current, ifMatch)
    const { cluster } = current
    const config = withSwitch(cluster.config, change)
    const told = { 'config.policyExecutionMode': change.mode, 'config.policyExecutorId': change.executor_id ?? null }
    const admitted = await guardDocument(
      ports,
      { caller, requestId },
      {
        action: 'update_cluster',
        current: withoutOwnGuard(cluster),
        cluster: { ...cluster, config },
        beside: { current_cluster_data: asJson(cluster), update: told },
      },
    )
    await ports.clusters.replace(admitted, current.version)
    return { before: clusterSwitch(cluster), after: clusterSwitch(admitted) }
  })
  ports.trail.note({ subject: `policy-execution cluster ${id}`, before, after })
  ports.log.info('policy_execution.switched', { clusterId: id, mode: change.mode, requestId })
  return readClusterExecution(ports, id, caller)
}

/** @throws {GridError} `request.invalid` for remote without an executor, `executor.not_found` */
async function requireExecutor(
  ports: Needs<'executors'>,
  { mode, executor_id: id }: ClusterSwitchChange,
): Promise<void> {
  if (mode !== 'remote') return
  if (id === undefined || id === null)
    throw new GridError('request.invalid', 'the mode remote needs an executor_id', {
      details: { problems: [{ in: 'body', pointer: '/executor_id', detail: 'is needed for the mode remote' }] },
    })
  await findExecutor(ports, id)
}
