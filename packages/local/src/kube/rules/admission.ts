import { at, type KubeObject, type Tree, textAt, treeAt } from '../object.ts'
import { parseQuantity } from '@gridgate/kube/quantity'
import { type Resource, storeKeyOf } from '../resources.ts'
import type { Container, Pod, Toleration } from '../shapes.ts'
import { forbidden, notFound, StatusError } from '../status-error.ts'
import type { Store } from '../store.ts'
import { allocateService } from './service-rules.ts'

/** Tolerations that every pod gets, so that a short loss of its node does not move it (DefaultTolerationSeconds). */
const evictionSeconds = 300

/**
 * Refuses new objects in a namespace that is not there (404) or is being removed (403).
 * @throws {StatusError}
 */
export function assertNamespaceOpen(store: Store, resource: Resource, namespace: string, name: string): void {
  const found = store.get('namespaces', undefined, namespace)
  if (!found) throw notFound({ group: '', resource: 'namespaces', name: namespace })
  if (!found.metadata.deletionTimestamp) return
  const message = `unable to create new content in namespace ${namespace} because it is being terminated`
  const refusal = forbidden({ group: resource.group, resource: resource.plural, name }, message)
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  }
  throw new StatusError(403, 'Forbidden', refusal.message, { ...refusal.details, causes: [cause] })
}

/**
 * What the API server adds to an object from other objects: a pod's account and tolerations, a Service's addresses.
 * Changes `object`.
 * @throws {StatusError} when the other objects do not allow it.
 */
export function admit(store: Store, resource: Resource, object: KubeObject, before: KubeObject | undefined): void {
  const storeKey = storeKeyOf(resource)
  if (storeKey === 'services') allocateService(store, object, before)
  if (storeKey === 'pods' && !before) admitPod(store, object as Pod)
}

function admitPod(store: Store, pod: Pod): void {
  const namespace = pod.metadata.namespace ?? ''
  pod.spec.serviceAccountName ||= 'default'
  treeAt(pod, 'spec').serviceAccount = pod.spec.serviceAccountName
  if (!store.get('serviceaccounts', namespace, pod.spec.serviceAccountName)) {
    const account = JSON.stringify(pod.spec.serviceAccountName)
    const detail = `error looking up service account ${namespace}/${pod.spec.serviceAccountName}: serviceaccount ${account} not found`
    throw forbidden({ group: '', resource: 'pods', name: pod.metadata.name }, detail)
  }
  treeAt(pod, 'spec').priority ??= 0
  treeAt(pod, 'spec').preemptionPolicy ??= 'PreemptLowerPriority'
  const tolerations = pod.spec.tolerations ?? []
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'])
    if (!tolerations.some((each) => toleratesKey(each, key)))
      tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: evictionSeconds })
  pod.spec.tolerations = tolerations
  pod.status = { phase: 'Pending', qosClass: qualityOf(pod) }
}

const toleratesKey = (toleration: Toleration, key: string): boolean =>
  (!toleration.key || toleration.key === key) && (!toleration.effect || toleration.effect === 'NoExecute')

/** Guaranteed: every container's limits equal its requests; BestEffort: none has any; else Burstable. */
function qualityOf(pod: Pod): string {
  const amounts = (container: Container, list: 'limits' | 'requests'): (number | null)[] =>
    ['cpu', 'memory'].map((name) => parseQuantity(container.resources?.[list]?.[name] ?? ''))
  const all = pod.spec.containers
  const empty = (list: 'limits' | 'requests'): boolean =>
    all.every((each) => amounts(each, list).every((one) => one === null))
  if (empty('limits') && empty('requests')) return 'BestEffort'
  const equal = all.every((each) =>
    amounts(each, 'limits').every((one, i) => one !== null && one === amounts(each, 'requests')[i]),
  )
  return equal ? 'Guaranteed' : 'Burstable'
}

/** Kinds whose status a create request may set, as the real API server lets it. */
const bornWithStatus = new Set(['nodes', 'namespaces', 'persistentvolumeclaims'])

/** Leaves of a create request only what the caller may set. */
export function forCreate(resource: Resource, body: Tree): Tree {
  if (!resource.hasStatus || bornWithStatus.has(storeKeyOf(resource))) return body
  const { status: _status, ...rest } = body
  return rest
}

/** Leaves of an update only what its path may change: all but `status`, or `status` alone. */
export function forUpdate(resource: Resource, subresource: string, before: KubeObject, body: KubeObject): KubeObject {
  if (subresource === 'status')
    return {
      ...before,
      status: body.status,
      metadata: { ...before.metadata, resourceVersion: body.metadata.resourceVersion },
    }
  if (!resource.hasStatus) return body
  const { status: _status, ...rest } = body
  return before.status === undefined ? rest : { ...rest, status: before.status }
}

const withoutGeneration = new Set([
  'pods',
  'nodes',
  'namespaces',
  'services',
  'persistentvolumeclaims',
  'configmaps',
  'secrets',
])

/** True for kinds whose `metadata.generation` counts changes of what is wished. */
export const countsGenerations = (resource: Resource): boolean =>
  (resource.hasStatus || resource.custom || resource.group === 'networking.k8s.io') &&
  !withoutGeneration.has(storeKeyOf(resource))

/** What generation counts: everything but metadata and status. */
export function wishOf(object: KubeObject): Tree {
  const { metadata: _metadata, status: _status, apiVersion: _apiVersion, ...rest } = object
  return rest
}

/** True when nothing holds the object back from being removed. */
export function isReleased(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata
  if (!deletionTimestamp || (deletionGracePeriodSeconds ?? 0) > 0 || (finalizers ?? []).length > 0) return false
  const contents = at(object, 'spec', 'finalizers')
  return textAt(object, 'kind') !== 'Namespace' || !Array.isArray(contents) || contents.length === 0
}
