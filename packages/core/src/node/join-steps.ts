import type { Cluster } from '../cluster/cluster.ts'
import type { ClusterNode } from '../cluster/cluster-node.ts'
import { readCluster } from '../cluster/read-cluster.ts'
import type { Needs } from '../ports.ts'
import { keepWaiting, waitedSeconds } from '../task/keep-waiting.ts'
import { remember } from '../task/remember.ts'
import { taskStep } from '../task/task-step.ts'
import { changeNodes, nodeIn, nodesOf, withNode, withNodes, withoutNode } from './change-nodes.ts'
import { dropToken as drop, findKubernetesNode, labelNode as label } from './controller-nodes.ts'
import { JoinMemo, type JoinWork } from './join-work.ts'

type StepPorts = Needs<'tasks' | 'clusters' | 'controllers' | 'clock' | 'log'>

/**
 * Asks once whether the machine's node is ready. The definition asks again until it is.
 * @throws {GridError} `node.not_ready` with how far it came, once the time is over
 */
export async function awaitNode(ports: StepPorts, work: JoinWork): Promise<JoinWork> {
  return taskStep(ports, work, 'AwaitNode', async ({ task, memo }) => {
    const { timeoutSeconds, isSeen } = JoinMemo.parse(memo)
    const entry = await findKubernetesNode(ports, await readCluster(ports, work.clusterId), work.nodeId)
    if (entry && !isSeen) await remember<JoinMemo>(ports, work.taskId, { isSeen: true })
    if (entry?.kubernetes.ready)
      return { detail: `Kubernetes node ${entry.kubernetes.name} is ready`, state: { isReady: true } }
    const detail = entry ? 'the node is in Kubernetes and not ready yet' : 'the machine has not joined yet'
    const waited = waitedSeconds(task, 'AwaitNode', ports.clock.now())
    const missing = `node ${work.nodeId} is not ready`
    return keepWaiting({ waited, secondsMax: timeoutSeconds, code: 'node.not_ready', missing }, detail)
  })
}

/** Gives the Kubernetes node the label that names it in the document. */
export async function labelNode(ports: StepPorts, work: JoinWork): Promise<JoinWork> {
  return taskStep(ports, work, 'LabelNode', async ({ memo }) => {
    const { kubernetes } = await label(ports, await readCluster(ports, work.clusterId), JoinMemo.parse(memo).node)
    return { detail: `Kubernetes node ${kubernetes.name}` }
  })
}

/**
 * Records the node in the cluster's document, the totals with it. Where somebody else recorded it meanwhile, as a sync does,
 * it only gets what it has not: tags and metadata that Kubernetes cannot know.
 */
export async function storeNode(ports: StepPorts, work: JoinWork): Promise<JoinWork> {
  return taskStep(ports, work, 'StoreNode', async ({ memo }) => {
    const { node } = JoinMemo.parse(memo)
    const { cluster } = await changeNodes(ports, work.clusterId, async ({ cluster: current }) => {
      const known = nodeIn(current, node.id)
      if (known) return withMissing(current, known, node)
      await remember<JoinMemo>(ports, work.taskId, { isStored: true })
      return withNode(current, node)
    })
    return { detail: `node ${cluster.nodes.count} of ${work.clusterId}` }
  })
}

function withMissing(cluster: Cluster, known: ClusterNode, given: ClusterNode): Cluster | null {
  if (Object.keys(given).every((name) => Object.hasOwn(known, name))) return null
  return withNodes(
    cluster,
    nodesOf(cluster).map((node) => (node.id === known.id ? { ...given, ...known } : node)),
  )
}

/** The machine is in: its token is good for nothing more. */
export async function dropToken(ports: StepPorts, work: JoinWork): Promise<JoinWork> {
  return taskStep(ports, work, 'DropToken', async () => {
    await revoke(ports, work)
    return {}
  })
}

/** Undo: nothing stays recorded, and nobody can join by the token any more. */
export async function undoJoin(ports: StepPorts, work: JoinWork): Promise<JoinWork> {
  return taskStep(
    ports,
    work,
    'UndoJoin',
    async ({ memo }) => {
      if (JoinMemo.parse(memo).isStored) await forget(ports, work)
      await revoke(ports, work)
      return {}
    },
    { evenIfCancelled: true },
  )
}

async function forget(ports: StepPorts, { taskId, clusterId, nodeId }: JoinWork): Promise<void> {
  await changeNodes(ports, clusterId, ({ cluster }) => (nodeIn(cluster, nodeId) ? withoutNode(cluster, nodeId) : null))
  await remember<JoinMemo>(ports, taskId, { isStored: false })
}

async function revoke(ports: StepPorts, { taskId, clusterId }: JoinWork): Promise<void> {
  await drop(ports, await readCluster(ports, clusterId), taskId)
  await remember<JoinMemo>(ports, taskId, { isTokenDropped: true })
}
