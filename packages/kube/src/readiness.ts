import type { KubeClient } from './client.ts'
import { type Kind, kinds } from './kinds.ts'
import { type KubernetesObject, listAt, member, numberAt, type ObjectReference, textAt } from './object.ts'
import { ownerLabels } from './ownership.ts'

/** Whether an object does what it is for, and what it waits for. */
export interface Readiness {
  readonly ready: boolean
  readonly reason: string
}

const ready = (reason: string): Readiness => ({ ready: true, reason })
const waiting = (reason: string): Readiness => ({ ready: false, reason })

/** Kinds that are ready as soon as they exist, because they have no status. */
const inert = new Set([
  'ServiceAccount',
  'ConfigMap',
  'Secret',
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
  'NetworkPolicy',
  'PersistentVolumeClaim',
  'Mapping',
  'HTTPRoute',
])

/**
 * Judges readiness by Kubernetes' own conditions (spec/decisions.md 48). Nothing is ready by default: the controller must
 * have seen this generation, and the counts must reach what the spec asks for (spec/errors-and-gaps.md 53).
 * @param pods the object's pods, only to name what they wait for
 */
export function isReady(object: KubernetesObject, pods: readonly KubernetesObject[] = []): Readiness {
  if (object.metadata.deletionTimestamp !== undefined) return waiting('is being removed')
  const judged = judge(object)
  if (judged.ready) return judged
  const why = podReasons(pods)
  return why === '' ? judged : waiting(`${judged.reason}; ${why}`)
}

function judge(object: KubernetesObject): Readiness {
  switch (object.kind) {
    case 'Deployment':
      return observed(object) ?? deployment(object)
    case 'StatefulSet':
      return observed(object) ?? statefulSet(object)
    case 'DaemonSet':
      return observed(object) ?? daemonSet(object)
    case 'Job':
      return job(object)
    case 'Pod':
      return condition(object, 'Ready') === 'True' ? ready('is ready') : waiting('is not ready')
    case 'Namespace':
      return textAt(object, 'status', 'phase') === 'Active' ? ready('is active') : waiting('is not active yet')
    case 'Service':
      return service(object)
    default:
      return inert.has(object.kind) ? ready('exists') : waiting(`readiness of ${object.kind} is not known`)
  }
}

/** Null once the controller has acted on the current generation; a missing number is never equal to a missing one. */
function observed(object: KubernetesObject): Readiness | null {
  const generation = object.metadata.generation
  const seen = numberAt(object, 'status', 'observedGeneration')
  if (generation !== undefined && seen !== undefined && seen >= generation) return null
  return waiting('not yet seen by its controller')
}

/** A count of the status. Kubernetes leaves zeros out, and the controller has been seen to write the status. */
const count = (object: KubernetesObject, name: string): number => numberAt(object, 'status', name) ?? 0

function replicas(object: KubernetesObject): number {
  return numberAt(object, 'spec', 'replicas') ?? 1
}

function deployment(object: KubernetesObject): Readiness {
  const desired = replicas(object)
  const stalled = listAt(object, 'status', 'conditions').some(
    (entry) => textAt(entry, 'reason') === 'ProgressDeadlineExceeded',
  )
  if (count(object, 'updatedReplicas') !== desired || count(object, 'replicas') !== desired)
    return waiting(
      `${count(object, 'updatedReplicas')} of ${desired} replicas are up to date${stalled ? ', stalled' : ''}`,
    )
  const available = count(object, 'availableReplicas')
  if (available !== desired)
    return waiting(`${available} of ${desired} replicas are available${stalled ? ', stalled' : ''}`)
  return ready(`${available} of ${desired} replicas are available`)
}

function statefulSet(object: KubernetesObject): Readiness {
  const desired = replicas(object)
  const [current, update] = [textAt(object, 'status', 'currentRevision'), textAt(object, 'status', 'updateRevision')]
  if (desired > 0 && (update === undefined || current !== update)) return waiting('a new revision is being rolled out')
  const available = count(object, 'readyReplicas')
  const said = `${available} of ${desired} replicas are ready`
  return available === desired && count(object, 'replicas') === desired ? ready(said) : waiting(said)
}

function daemonSet(object: KubernetesObject): Readiness {
  const desired = numberAt(object, 'status', 'desiredNumberScheduled')
  if (desired === undefined) return waiting('not yet counted by its controller')
  if (desired === 0) return ready('no node matches its selector')
  const said = `${count(object, 'numberAvailable')} of ${desired} nodes run it`
  const isCurrent = count(object, 'updatedNumberScheduled') === desired
  return isCurrent && count(object, 'numberAvailable') === desired ? ready(said) : waiting(said)
}

function job(object: KubernetesObject): Readiness {
  if (condition(object, 'Complete') === 'True') return ready('is complete')
  return waiting(condition(object, 'Failed') === 'True' ? 'has failed' : 'is not complete')
}

function service(object: KubernetesObject): Readiness {
  const type = textAt(object, 'spec', 'type') ?? 'ClusterIP'
  if (type !== 'ExternalName' && !textAt(object, 'spec', 'clusterIP')) return waiting('has no cluster address yet')
  const ports = listAt(object, 'spec', 'ports')
  if (type === 'NodePort' && !ports.every((port) => typeof member(port, 'nodePort') === 'number'))
    return waiting('has no node ports yet')
  if (type === 'LoadBalancer' && listAt(object, 'status', 'loadBalancer', 'ingress').length === 0)
    return waiting('has no load balancer address yet')
  return ready('has its addresses')
}

function condition(object: KubernetesObject, type: string): string | undefined {
  const found = listAt(object, 'status', 'conditions').find((entry) => textAt(entry, 'type') === type)
  return textAt(found, 'status')
}

/** Most pods whose reasons are named. */
const podsNamedMax = 3

/** What pods wait for, such as `x-1: ImagePullBackOff`. Kubernetes' reasons are single words; its longer texts are left out. */
function podReasons(pods: readonly KubernetesObject[]): string {
  return pods
    .flatMap((pod) => {
      const statuses = [
        ...listAt(pod, 'status', 'initContainerStatuses'),
        ...listAt(pod, 'status', 'containerStatuses'),
      ]
      const reasons = statuses.flatMap(
        (status) =>
          textAt(status, 'state', 'waiting', 'reason') ?? textAt(status, 'state', 'terminated', 'reason') ?? [],
      )
      const unscheduled = listAt(pod, 'status', 'conditions').flatMap((entry) =>
        textAt(entry, 'type') === 'PodScheduled' && textAt(entry, 'status') === 'False'
          ? (textAt(entry, 'reason') ?? [])
          : [],
      )
      const all = [...new Set([...unscheduled, ...reasons])]
      return all.length === 0 ? [] : [`${pod.metadata.name}: ${all.join(', ')}`]
    })
    .slice(0, podsNamedMax)
    .join('; ')
}

/** Workloads of an owner, which are few: several of a kind are read with one list. */
const listedKinds: readonly Kind[] = [kinds.deployment, kinds.daemonSet]
/** Most of them read with one list. */
const listedMax = 200

export interface ReadinessOptions {
  /** Says also what the pods of a waiting object wait for, which costs a request each; else the first waiting object is told. */
  readonly withPods?: boolean
  /** Whose objects they are; where it is not said, each is read by itself. */
  readonly owner?: string
}

/** Whether an object does its work as soon as it is written: it has no status, or has its addresses with the reply. */
export const isReadyAsWritten = (object: KubernetesObject): boolean =>
  inert.has(object.kind) || (object.kind === 'Service' && textAt(object, 'spec', 'type') !== 'LoadBalancer')

/** Reads objects and judges them; a missing one is not ready. What has no status was ready when it was written. */
export async function checkReadiness(
  client: KubeClient,
  references: readonly ObjectReference[],
  { withPods = true, owner }: ReadinessOptions = {},
): Promise<(ObjectReference & Readiness)[]> {
  const judged: (ObjectReference & Readiness)[] = []
  const waited = references.filter(({ kind }) => !inert.has(kind))
  const find = finder(client, waited, owner)
  for (const reference of waited) {
    const object = await find(reference)
    if (!object) judged.push({ ...reference, ...waiting('does not exist') })
    else judged.push({ ...reference, ...(withPods ? await judgeWithPods(client, object) : isReady(object)) })
    // Who only waits learns enough from the first that is not ready.
    if (!withPods && judged.at(-1)?.ready === false) break
  }
  return judged
}

/** Reads objects with as few requests as may be; a list is read when its first object is due. What lost its label is asked for. */
function finder(
  client: KubeClient,
  references: readonly ObjectReference[],
  owner: string | undefined,
): (reference: ObjectReference) => Promise<KubernetesObject | null> {
  const lists = new Map<Kind, Promise<KubernetesObject[]>>()
  return async (reference) => {
    const kind = listedKinds.find((one) => one.kind === reference.kind)
    const sought = references.filter((one) => one.kind === kind?.kind)
    if (!kind || owner === undefined || sought.length < 2) return client.get(reference)
    const [namespace, ...others] = new Set(sought.map((one) => one.namespace))
    const where = namespace !== undefined && others.length === 0 ? { namespace } : {}
    const listed = lists.get(kind) ?? client.list(kind, { ...where, labels: ownerLabels(owner), itemsMax: listedMax })
    lists.set(kind, listed)
    const { name } = reference
    const isIt = ({ metadata }: KubernetesObject): boolean =>
      metadata.name === name && metadata.namespace === reference.namespace
    return (await listed).find(isIt) ?? (await client.get(reference))
  }
}

async function judgeWithPods(client: KubeClient, object: KubernetesObject): Promise<Readiness> {
  const first = isReady(object)
  const labels = member(object, 'spec', 'selector', 'matchLabels')
  const { namespace } = object.metadata
  if (first.ready || namespace === undefined || labels === null || typeof labels !== 'object') return first
  const pods = await client.list(kinds.pod, { namespace, labels: labels as Record<string, string>, itemsMax: 50 })
  return isReady(object, pods)
}
