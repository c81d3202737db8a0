import { z } from 'zod'
import { ClusterId } from '../cluster/cluster.ts'
import { InfraState } from '../cluster/cluster-system.ts'
import { ExecutorId, executorName } from '../executor/executor.ts'
import { JsonObject } from '../json.ts'
import type { Needs } from '../ports.ts'
import { Failure } from '../task/fail-task.ts'
import { TaskId } from '../task/task.ts'
import type { StoredTask } from '../task/task-store.ts'
import { InfraSettings, type InfraSite, type InfraTarget } from './infra-builder.ts'

/** State of every workflow that builds or removes on a cluster: ids, and answers that the definition branches on. */
export const SiteWork = z.object({
  taskId: TaskId,
  kubeconfigRef: z.string(),
  /** Whether what was waited for has come. */
  isReady: z.boolean(),
  /** How long to wait before it is looked for again. */
  waitSeconds: z.number().int(),
  /** Whether a cancellation takes everything back: not where infrastructure stood before. */
  canUndo: z.boolean(),
  failure: Failure.optional(),
})

/** State of both workflows of a cluster's infrastructure. */
export const InfraWork = SiteWork.extend({ clusterId: ClusterId })
export type InfraWork = z.infer<typeof InfraWork>

/** State of both workflows of an executor's infrastructure. */
export const ExecutorWork = SiteWork.extend({ executorId: ExecutorId })
export type ExecutorWork = z.infer<typeof ExecutorWork>

/** What is worked on: its name in labels, locks and the vault. */
export const ownerOf = (work: InfraWork | ExecutorWork): string =>
  'clusterId' in work ? work.clusterId : executorName(work.executorId)

/** What the first step keeps for later ones, beside the settings (`memo` of the task). */
export const InfraMemo = z.object({
  /** Null where nothing is built. */
  settings: InfraSettings.nullable(),
  exposure: JsonObject.nullable(),
  /** Infra state of the cluster before this task; null until the first step has looked. */
  infraBefore: InfraState.nullable(),
  /** Whether this task was the first to learn the cluster's identity. */
  isFirstToIdentify: z.boolean(),
  /** The controller's public key, once it was enrolled. */
  controllerKey: JsonObject.nullable(),
  /** Namespaces that this task has made. */
  freshNamespaces: z.array(z.string()).default([]),
})
export type InfraMemo = z.infer<typeof InfraMemo>

/** Opens the kubeconfig held for the task. @throws {GridError} `kubeconfig.gone` */
export async function openSite(ports: Needs<'kubeconfigs'>, work: InfraWork | ExecutorWork): Promise<InfraSite> {
  const { taskId, kubeconfigRef } = work
  const owner = ownerOf(work)
  return { owner, kubeconfig: await ports.kubeconfigs.open(kubeconfigRef, { clusterId: owner, taskId }) }
}

/** The same with what is to be built there. */
export async function openTarget(
  ports: Needs<'kubeconfigs'>,
  work: InfraWork,
  stored: StoredTask,
): Promise<InfraTarget> {
  const { settings, exposure, freshNamespaces } = InfraMemo.parse(stored.memo)
  if (settings === null) throw new TypeError(`task ${work.taskId} builds nothing`)
  return { ...(await openSite(ports, work)), settings, exposure, freshNamespaces }
}
