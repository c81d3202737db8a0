import { z } from 'zod'
import type { Caller } from '../caller.ts'
import { InfraState } from '../cluster/cluster-system.ts'
import { GridError } from '../errors.ts'
import type { ExecutorWork } from '../infra/infra-work.ts'
import type { Scheduled } from '../infra/start-infra-task.ts'
import type { Needs } from '../ports.ts'
import { startTask } from '../task/start-task.ts'
import { TaskId } from '../task/task.ts'
import { type ExecutorId, executorName } from './executor.ts'
import { findExecutor } from './find-executor.ts'
import { findUses } from './remove-executor.ts'

/** Tenants whose policies an executor runs at the same time, unless its creation says another number. */
const processesDefault = 3
const processesMax = 64

/** Body of both infra routes of an executor (spec/policies.md §4). The original demanded `max_processes` for removal too. */
export const ExecutorInfraRequest = z.looseObject({
  cluster_config: z
    .unknown()
    .refine((given) => given !== undefined && given !== null && given !== '', 'is needed')
    .describe('the kubeconfig: a JSON object, YAML text, or base64 of either'),
  max_processes: z
    .number()
    .int()
    .min(1)
    .max(processesMax)
    .default(processesDefault)
    .describe('Tenants whose policies run at the same time'),
})
export type ExecutorInfraRequest = z.infer<typeof ExecutorInfraRequest>

/** What the steps of an executor's tasks keep for one another (`memo` of the task). */
export const ExecutorMemo = z.object({
  processesMax: z.number().int(),
  /** API version of Ambassador's Mapping; null where there is none, or nobody looked yet. */
  mapping: z.string().nullable(),
  /** Null until the first step has looked. */
  infraBefore: InfraState.nullable(),
  /** Whether this task was the first to learn which cluster it is. */
  isFirstToIdentify: z.boolean(),
})
export type ExecutorMemo = z.infer<typeof ExecutorMemo>

interface ExecutorOrder {
  id: ExecutorId
  body: ExecutorInfraRequest
  caller: Caller
}

type StartPorts = Needs<
  'executors' | 'tasks' | 'workflows' | 'kubeconfigs' | 'kubeconfigReader' | 'clock' | 'ids' | 'log'
>

/**
 * Starts the task that builds an executor on a cluster. One without an address is refused: nobody could call it.
 * @throws {GridError} `executor.not_found`, `request.invalid`, `kubeconfig.invalid`, `address.refused`, `task.running`
 */
export async function createExecutorInfra(ports: StartPorts, order: ExecutorOrder): Promise<Scheduled> {
  const { executor } = await findExecutor(ports, order.id)
  if (executor.executor_host_uri === '')
    throw new GridError(
      'request.invalid',
      `the executor ${order.id} has no address: set executor_host_uri or cluster_public_ip by PUT /executor/${order.id}`,
    )
  return start(ports, order, { type: 'executor_infra_creation', workflow: 'create-executor-infra' })
}

/**
 * Starts the task that takes an executor away from its cluster, once no policies are run there any more.
 * @throws {GridError} `executor.not_found`, `executor.in_use`, `kubeconfig.invalid`, `address.refused`, `task.running`
 */
export async function removeExecutorInfra(
  ports: StartPorts & Needs<'policyExecution' | 'clusters'>,
  order: ExecutorOrder,
): Promise<Scheduled> {
  await findExecutor(ports, order.id)
  const uses = await findUses(ports, order.id)
  if (uses.length > 0)
    throw new GridError('executor.in_use', `policies are run on ${order.id} in ${uses.length} places`, {
      details: { used_by: uses },
    })
  return start(ports, order, { type: 'executor_infra_remove', workflow: 'remove-executor-infra' })
}

async function start(
  ports: StartPorts,
  { id, body, caller }: ExecutorOrder,
  kind: { type: 'executor_infra_creation' | 'executor_infra_remove'; workflow: string },
): Promise<Scheduled> {
  const kubeconfig = ports.kubeconfigReader.sanitise(body.cluster_config)
  const owner = executorName(id)
  const taskId = TaskId.parse(ports.ids.next())
  const kubeconfigRef = await ports.kubeconfigs.put(kubeconfig, { clusterId: owner, taskId })
  const input = {
    ...{ taskId, executorId: id, kubeconfigRef },
    ...{ isReady: false, waitSeconds: 0, canUndo: false },
  } satisfies ExecutorWork
  const memo = {
    processesMax: body.max_processes,
    mapping: null,
    infraBefore: null,
    isFirstToIdentify: false,
  } satisfies ExecutorMemo
  try {
    const locks = [{ name: 'infra', on: owner }]
    const data = { executor_id: id }
    await startTask(ports, { ...kind, taskId, caller, clusterId: null, data, locks, input, kubeconfigRef, memo })
  } catch (error) {
    await ports.kubeconfigs.destroy(kubeconfigRef)
    throw error
  }
  return { message: 'scheduled in background', task_id: taskId }
}
