import type { NodeId } from '@gridgate/core/cluster/cluster-node'
import { GridError } from '@gridgate/core/errors'
import type { KubeClient } from './client.ts'
import { kinds } from './kinds.ts'
import { nodeIdLabel } from './node-document.ts'
import { type KubernetesObject, referenceOf } from './object.ts'

/** Which task cordoned a node: only that one takes the cordon back. */
export const cordonAnnotation = 'gridgate.io/cordoned-by'

/** Kubelets write their nodes all the time, so a change may meet a newer version; this many times. */
const attemptsMax = 8

const referenceTo = (name: string) => ({ apiVersion: 'v1', kind: 'Node', name }) as const

/**
 * The node with this id: by the label `nodeID`, else by its name; null without one. A node that has the name but is labelled
 * as another one is not it.
 * @throws {GridError} `node.exists` when two nodes carry the label
 */
export async function findNode(client: KubeClient, id: string): Promise<KubernetesObject | null> {
  const [labelled, second] = await client.list(kinds.node, { labels: { [nodeIdLabel]: id }, itemsMax: 2 })
  if (labelled && second) {
    const names = [labelled.metadata.name, second.metadata.name]
    const said = `two Kubernetes nodes carry the label ${nodeIdLabel}=${id}: ${names.join(', ')}`
    throw new GridError('node.exists', said, { details: { node_id: id, names } })
  }
  if (labelled) return labelled
  const named = await client.get(referenceTo(id))
  return named && !named.metadata.labels?.[nodeIdLabel] ? named : null
}

/** @throws {GridError} `node.not_found`, `node.exists` */
export async function requireNode(client: KubeClient, id: string, uid?: string): Promise<KubernetesObject> {
  const node = await findNode(client, id)
  if (node && (uid === undefined || node.metadata.uid === uid)) return node
  throw new GridError('node.not_found', node ? `node ${id} is another one than before` : `no node ${id}`)
}

/** Gives the node its label `nodeID`. One that is there is never overwritten (spec/errors-and-gaps.md 93). */
export function labelNode(client: KubeClient, node: KubernetesObject, id: NodeId): Promise<KubernetesObject> {
  return change(client, node, ({ metadata }) => {
    const present = metadata.labels?.[nodeIdLabel]
    if (present === id) return null
    if (!present) return { metadata: { labels: { [nodeIdLabel]: id } } }
    const said = `the Kubernetes node ${metadata.name} is labelled ${nodeIdLabel}=${present} already`
    throw new GridError('node.not_in_cluster', said, { details: { node_id: id, labelled: present } })
  })
}

/** Keeps new pods away. A cordon that is there, a person's or another task's, stays theirs: it gets no mark of this task. */
export function cordonNode(client: KubeClient, node: KubernetesObject, taskId: string): Promise<KubernetesObject> {
  return change(client, node, (current) =>
    isCordoned(current)
      ? null
      : { metadata: { annotations: { [cordonAnnotation]: taskId } }, spec: { unschedulable: true } },
  )
}

/** Lets new pods in again where this task kept them away; any other cordon stays. */
export function uncordonNode(client: KubeClient, node: KubernetesObject, taskId: string): Promise<KubernetesObject> {
  return change(client, node, (current) =>
    cordonHolder(current) === taskId
      ? { metadata: { annotations: { [cordonAnnotation]: null } }, spec: { unschedulable: null } }
      : null,
  )
}

/** The task whose cordon holds; null where there is no cordon or it is nobody's of us. */
export const cordonHolder = (node: KubernetesObject): string | null =>
  isCordoned(node) ? (node.metadata.annotations?.[cordonAnnotation] ?? null) : null

const isCordoned = (node: KubernetesObject): boolean =>
  (node.spec as { unschedulable?: boolean })?.unschedulable === true

/** Removes the node's object; false when it was gone already. What still runs there is ended by Kubernetes. */
export function removeNode(client: KubeClient, node: KubernetesObject): Promise<boolean> {
  return client.remove(referenceOf(node), { uid: node.metadata.uid ?? '' })
}

/**
 * Changes a node as `decide` says, on the version that it looked at and on this very node: not on a later one of its name.
 * @throws {GridError} `node.not_found` when it is gone, `kube.conflict` when it changes faster than that
 */
async function change(
  client: KubeClient,
  node: KubernetesObject,
  decide: (current: KubernetesObject) => { metadata: object; spec?: object } | null,
): Promise<KubernetesObject> {
  let current = node
  for (let attempt = 1; ; attempt++) {
    const patch = decide(current)
    if (patch === null) return current
    const { uid, resourceVersion } = current.metadata
    try {
      return await client.merge(referenceOf(node), { ...patch, metadata: { ...patch.metadata, uid, resourceVersion } })
    } catch (error) {
      const isConflict = error instanceof GridError && error.code === 'kube.conflict'
      if (!isConflict || attempt === attemptsMax) throw error
    }
    const newer = await client.get(referenceOf(node))
    if (newer === null || newer.metadata.uid !== uid)
      throw new GridError('node.not_found', `node ${node.metadata.name} is gone`)
    current = newer
  }
}
