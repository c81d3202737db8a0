import type { NodeId } from '@gridgate/core/cluster/cluster-node'
import { GridError } from '@gridgate/core/errors'
import { type ChangeClient, change, type Decision } from './change.ts'
import type { KubeClient } from './client.ts'
import { fenceAnnotation, fenceOf, refuseFenced } from './fence.ts'
import { kinds } from './kinds.ts'
import { nodeIdLabel } from './node-document.ts'
import { type KubernetesObject, member, referenceOf } from './object.ts'

/** Which task cordoned a node: only that one takes the cordon back. */
export const cordonAnnotation = 'gridgate.io/cordoned-by'

/** Annotation by which a person keeps a cordon after us (spec/decisions.md 37). */
const holdAnnotation = 'gridgate/hold'

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
export async function labelNode(client: ChangeClient, node: KubernetesObject, id: NodeId): Promise<KubernetesObject> {
  const labelled = await changeNode(client, node, ({ metadata }) => {
    const present = metadata.labels?.[nodeIdLabel]
    if (present === id) return { outcome: 'unchanged', patch: null }
    if (!present) return { outcome: 'labelled', patch: { metadata: { labels: { [nodeIdLabel]: id } } } }
    const said = `the Kubernetes node ${metadata.name} is labelled ${nodeIdLabel}=${present} already`
    throw new GridError('node.not_in_cluster', said, { details: { node_id: id, labelled: present } })
  })
  return labelled.node
}

/** On whose behalf a node is cordoned or uncordoned. */
export interface CordonMark {
  readonly taskId: string
  /** Who holds the target now has the highest; what comes later with a lower one is stopped (spec/decisions.md 35). */
  readonly fence?: number
}

/** What became of a node, and how it is after that. */
export interface NodeOutcome<Outcome> {
  readonly outcome: Outcome
  readonly node: KubernetesObject
}

export type CordonOutcome = 'cordoned' | 'already_ours' | 'already_cordoned'
export type UncordonOutcome = 'uncordoned' | 'was_schedulable' | 'not_ours' | 'held'

/**
 * Keeps new pods away. A cordon that is there, a person's or another task's, stays theirs: it gets no mark of this task.
 * @throws {GridError} `action.fenced` where the node carries a higher fencing number; and what every change throws
 */
export function cordonNode(
  client: ChangeClient,
  node: KubernetesObject,
  mark: CordonMark,
): Promise<NodeOutcome<CordonOutcome>> {
  return changeNode(client, node, (current) => {
    refuseFenced(current, mark)
    const annotations = { [cordonAnnotation]: mark.taskId, ...fenced(mark) }
    if (!isCordoned(current))
      return { outcome: 'cordoned', patch: { metadata: { annotations }, spec: { unschedulable: true } } }
    if (cordonHolder(current) !== mark.taskId) return { outcome: 'already_cordoned', patch: null }
    const isCurrent = mark.fence === undefined || fenceOf(current) === mark.fence
    return { outcome: 'already_ours', patch: isCurrent ? null : { metadata: { annotations } } }
  })
}

/**
 * Lets new pods in again where this task kept them away and nobody asked to hold the node; any other cordon stays.
 * @throws {GridError} `action.fenced` where the node carries a higher fencing number; and what every change throws
 */
export function uncordonNode(
  client: ChangeClient,
  node: KubernetesObject,
  mark: CordonMark,
): Promise<NodeOutcome<UncordonOutcome>> {
  return changeNode(client, node, (current) => {
    refuseFenced(current, mark)
    if (!isCordoned(current)) return { outcome: 'was_schedulable', patch: null }
    if (cordonHolder(current) !== mark.taskId) return { outcome: 'not_ours', patch: null }
    if (isHeld(current)) return { outcome: 'held', patch: null }
    const annotations = { [cordonAnnotation]: null, ...fenced(mark) }
    return { outcome: 'uncordoned', patch: { metadata: { annotations }, spec: { unschedulable: null } } }
  })
}

/** The task whose cordon holds; null where there is no cordon or it is nobody's of us. */
export const cordonHolder = (node: KubernetesObject): string | null =>
  isCordoned(node) ? (node.metadata.annotations?.[cordonAnnotation] ?? null) : null

export const isCordoned = (node: KubernetesObject): boolean => member(node, 'spec', 'unschedulable') === true

/** Whether a person asked that the cordon stays after us, whatever the annotation's value. */
export const isHeld = (node: KubernetesObject): boolean => node.metadata.annotations?.[holdAnnotation] !== undefined

const fenced = ({ fence }: CordonMark) => (fence === undefined ? {} : { [fenceAnnotation]: String(fence) })

/** Removes the node's object; false when it was gone already. What still runs there is ended by Kubernetes. */
export function removeNode(client: KubeClient, node: KubernetesObject): Promise<boolean> {
  return client.remove(referenceOf(node), { uid: node.metadata.uid ?? '' })
}

/** Changes this very node as `decide` says. @throws {GridError} `node.not_found` when it is gone */
async function changeNode<Outcome extends string>(
  client: ChangeClient,
  node: KubernetesObject,
  decide: (current: KubernetesObject) => Decision<Outcome>,
): Promise<NodeOutcome<Outcome>> {
  const changed = await change(client, node, decide)
  if (!changed) throw new GridError('node.not_found', `node ${node.metadata.name} is gone`)
  return { outcome: changed.outcome, node: changed.object }
}
