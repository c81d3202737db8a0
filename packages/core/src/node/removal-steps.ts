import type { StoredCluster } from '../cluster/cluster-store.ts'
import { readCluster } from '../cluster/read-cluster.ts'
import { hasController } from '../controller/controller-client.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { keepWaiting, waitedSeconds } from '../task/keep-waiting.ts'
import { remember } from '../task/remember.ts'
import { taskStep } from '../task/task-step.ts'
import type { StoredTask } from '../task/task-store.ts'
import { changeNodes, nodeIn, withoutNode } from './change-nodes.ts'
import {
  cordonNode as cordon,
  deleteKubernetesNode,
  drainNode as drain,
  findKubernetesNode,
  type NodeMark,
  uncordonNode,
} from './controller-nodes.ts'
import { RemovalMemo, type RemovalWork } from './removal-work.ts'
import { whatIsLeft } from './what-is-left.ts'

type StepPorts = Needs<'tasks' | 'clusters' | 'controllers' | 'clock' | 'log'>

/** First step: looks whether Kubernetes has the node, and which one it is, so that a later one of its name is left alone. */
export async function checkNode(ports: StepPorts, work: RemovalWork): Promise<RemovalWork> {
  return taskStep(ports, work, 'CheckNode', async () => {
    const stored = await readCluster(ports, work.clusterId)
    if (!hasController(stored))
      return { detail: 'the cluster has no controller: the node is only forgotten', state: { isInKubernetes: false } }
    const entry = await findKubernetesNode(ports, stored, work.nodeId)
    if (!entry) return { detail: 'not in Kubernetes: the node is only forgotten', state: { isInKubernetes: false } }
    await remember<RemovalMemo>(ports, work.taskId, { uid: entry.kubernetes.uid })
    return { detail: `Kubernetes node ${entry.kubernetes.name}`, state: { isInKubernetes: true } }
  })
}

/** Keeps new pods off the node, under this task's mark. */
export async function cordonNode(ports: StepPorts, work: RemovalWork): Promise<RemovalWork> {
  return taskStep(ports, work, 'CordonNode', async (task) => {
    const { stored, mark } = await target(ports, work, task)
    await remember<RemovalMemo>(ports, work.taskId, { isCordoned: true })
    await cordon(ports, stored, mark)
    return {}
  })
}

/**
 * Asks the pods once to leave. The definition asks again until they are gone; budgets are waited for, never broken.
 * @throws {GridError} `node.drain_blocked` with what is still there, once the time is over
 */
export async function drainNode(ports: StepPorts, work: RemovalWork): Promise<RemovalWork> {
  return taskStep(ports, work, 'DrainNode', async (task) => {
    const { stored, mark } = await target(ports, work, task)
    const { timeoutSeconds, includeUnmanaged } = RemovalMemo.parse(task.memo)
    const pass = await drain(ports, stored, mark, includeUnmanaged)
    if (pass.remaining.length + pass.blocked.length === 0) return { detail: 'no pod is left', state: { isReady: true } }
    const waited = waitedSeconds(task.task, 'DrainNode', ports.clock.now())
    const waiting = { waited, secondsMax: timeoutSeconds, code: 'node.drain_blocked', missing: 'not drained' } as const
    return keepWaiting(waiting, whatIsLeft(pass))
  })
}

/** Removes the node from Kubernetes; its machine must then run what the task's result says. */
export async function removeKubernetesNode(ports: StepPorts, work: RemovalWork): Promise<RemovalWork> {
  return taskStep(ports, work, 'RemoveKubernetesNode', async (task) => {
    const { stored, mark } = await target(ports, work, task)
    await deleteKubernetesNode(ports, stored, mark)
    const successor = await findKubernetesNode(ports, stored, work.nodeId)
    if (successor && successor.kubernetes.uid !== mark.uid)
      throw new GridError('kube.conflict', `another Kubernetes node has taken the place of ${work.nodeId}`)
    await remember<RemovalMemo>(ports, work.taskId, { isRemoved: true })
    return {}
  })
}

/** Takes the node out of the cluster's document, and its share out of the totals. */
export async function forgetNode(ports: StepPorts, work: RemovalWork): Promise<RemovalWork> {
  return taskStep(ports, work, 'ForgetNode', async () => {
    const { cluster } = await changeNodes(ports, work.clusterId, ({ cluster: current }) =>
      nodeIn(current, work.nodeId) ? withoutNode(current, work.nodeId) : null,
    )
    await remember<RemovalMemo>(ports, work.taskId, { isForgotten: true })
    return { detail: `${cluster.nodes.count} nodes stay` }
  })
}

/** Undo: takes back the cordon that this task set, and no other. */
export async function undoCordon(ports: StepPorts, work: RemovalWork): Promise<RemovalWork> {
  return taskStep(
    ports,
    work,
    'UndoCordon',
    async (task) => {
      const { stored, mark } = await target(ports, work, task)
      await uncordonNode(ports, stored, mark)
      await remember<RemovalMemo>(ports, work.taskId, { isUncordoned: true })
      return {}
    },
    { evenIfCancelled: true },
  )
}

async function target(
  ports: Needs<'clusters'>,
  { taskId, clusterId, nodeId }: RemovalWork,
  { memo }: StoredTask,
): Promise<{ stored: StoredCluster; mark: NodeMark }> {
  const { uid } = RemovalMemo.parse(memo)
  if (uid === null) throw new TypeError(`task ${taskId} has not looked at its node`)
  return { stored: await readCluster(ports, clusterId), mark: { nodeId, taskId, uid } }
}
