import { z } from 'zod'
import { type Caller, inScope } from '../caller.ts'
import { Cluster, ClusterId } from '../cluster/cluster.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import { clusterNotFound } from '../cluster/read-cluster.ts'
import { GridError } from '../errors.ts'
import type { Json } from '../json.ts'
import { preCheck } from '../policy/pre-check.ts'
import type { GuardPort, Needs } from '../ports.ts'
import { startTask } from '../task/start-task.ts'
import { TaskId } from '../task/task.ts'
import type { InfraSettings } from './infra-builder.ts'
import type { InfraMemo, InfraWork } from './infra-work.ts'
import { refuseNodeTasks } from './refuse-node-tasks.ts'

/** Body of both infra routes (spec/gateway-api.md §6). What is missing is told in the documented words. */
export const InfraRequest = z.looseObject({
  cluster_id: z.unknown().optional().describe('id of a registered cluster'),
  kube_config_data: z.unknown().optional().describe('the kubeconfig: a JSON object, YAML text, or base64 of either'),
})
export type InfraRequest = z.infer<typeof InfraRequest>

/** The documented reply. */
export const Scheduled = z.object({ message: z.literal('scheduled in background'), task_id: TaskId })
export type Scheduled = z.infer<typeof Scheduled>

export interface InfraOrder {
  body: InfraRequest
  caller: Caller
  requestId: string
}

/** What tells creation and removal apart. */
interface Kind {
  type: 'cluster_infra_creation' | 'cluster_infra_remove'
  action: 'create_cluster_infra' | 'remove_cluster_infra'
  workflow: string
  /** What is to be built; null where something is taken away. Throws `request.invalid` when the document does not say. */
  settingsOf: (cluster: Cluster) => InfraSettings | null
}

export type InfraRequestPorts = Needs<
  'clusters' | 'tasks' | 'workflows' | 'kubeconfigs' | 'kubeconfigReader' | GuardPort
>

/**
 * Checks an infra request by its body alone, asks the policies, holds the kubeconfig for the task and starts it. Whatever
 * needs the cluster itself is the task's first step (spec/decisions.md 49).
 * @throws {GridError} `request.invalid`, `kubeconfig.invalid`, `cluster.not_found`, `task.running` and what `preCheck` throws
 */
export async function startInfraTask(
  ports: InfraRequestPorts,
  { body, caller, requestId }: InfraOrder,
  kind: Kind,
): Promise<Scheduled> {
  const clusterId = requiredId(body)
  const kubeconfig = ports.kubeconfigReader.sanitise(body.kube_config_data)
  const stored = inScope(caller, clusterId) ? await ports.clusters.find(clusterId) : null
  if (!stored) throw clusterNotFound(clusterId)
  kind.settingsOf(stored.cluster)
  await refuseRunning(ports, clusterId)
  if (kind.type === 'cluster_infra_remove') await refuseNodeTasks(ports, clusterId, null)

  const taskId = TaskId.parse(ports.ids.next())
  const settings = await askPolicies(ports, stored, { caller, requestId, taskId }, kind)
  const kubeconfigRef = await ports.kubeconfigs.put(kubeconfig, { clusterId, taskId })
  const work = { taskId, clusterId, kubeconfigRef, isReady: false, waitSeconds: 0, canUndo: false } satisfies InfraWork
  const memo = {
    settings,
    exposure: null,
    infraBefore: null,
    isFirstToIdentify: false,
    controllerKey: null,
    freshNamespaces: [],
  } satisfies InfraMemo
  try {
    await startTask(ports, {
      taskId,
      type: kind.type,
      caller,
      clusterId,
      data: { cluster_id: clusterId },
      locks: [{ name: 'infra', on: clusterId }],
      workflow: kind.workflow,
      input: work,
      kubeconfigRef,
      memo,
    })
  } catch (error) {
    await ports.kubeconfigs.destroy(kubeconfigRef)
    throw error
  }
  return { message: 'scheduled in background', task_id: taskId }
}

const isMissing = (value: unknown): boolean => value === undefined || value === null || value === ''

function requiredId(body: InfraRequest): ClusterId {
  if (isMissing(body.cluster_id) || isMissing(body.kube_config_data))
    throw new GridError('request.invalid', "Missing 'kube_config_data' or 'cluster_id'")
  const id = ClusterId.safeParse(body.cluster_id)
  if (id.success) return id.data
  throw new GridError('request.invalid', `cluster_id ${id.error.issues[0]?.message ?? 'is not valid'}`, {
    details: { problems: [{ in: 'body', pointer: '/cluster_id', detail: id.error.issues[0]?.message }] },
  })
}

/** Told before the policies are asked; the lock taken with the task is what really keeps two apart. */
async function refuseRunning(ports: Needs<'tasks'>, clusterId: ClusterId): Promise<void> {
  const holder = await ports.tasks.holder({ name: 'infra', on: clusterId })
  if (holder !== null)
    throw new GridError('task.running', `task ${holder} is working on the infrastructure of ${clusterId}`, {
      details: { task_id: holder },
      headers: { location: `/tasks/${holder}` },
    })
}

/** What is to be built, of the document as the policies leave it. */
async function askPolicies(
  ports: InfraRequestPorts,
  { cluster }: StoredCluster,
  asked: { caller: Caller; requestId: string; taskId: TaskId },
  { action, settingsOf }: Kind,
): Promise<InfraSettings | null> {
  const input = { cluster_data: cluster as Json, cluster_metrics: null }
  const verdict = await preCheck(ports, { ...asked, action, cluster, input })
  const checked = Cluster.safeParse(verdict.input.cluster_data)
  const unusable = (why: string): GridError =>
    new GridError('policy.bad_verdict', `the cluster_data that the policy for ${action} returned ${why}`)
  if (!checked.success || checked.data.id !== cluster.id) throw unusable(`is not that of ${cluster.id}`)
  try {
    return settingsOf(checked.data)
  } catch (error) {
    throw error instanceof GridError ? unusable(`is not usable: ${error.message}`) : error
  }
}
