import { setTimeout as delay } from 'node:timers/promises'
import { type Eviction, type EvictOptions, evict } from './eviction.ts'
import { collectionPath, type Kind, kindOf, objectPath } from './kinds.ts'
import { fromReply } from './kube-errors.ts'
import type { Kubeconfig } from './kubeconfig.ts'
import {
  allResources,
  type ListOptions,
  listAll,
  listPage,
  type ObjectPage,
  type PageOptions,
  resourcesOf,
  type ServedResource,
} from './listing.ts'
import {
  describeReference,
  type KubernetesObject,
  type ObjectReference,
  parsedJson,
  referenceOf,
  textAt,
} from './object.ts'
import { asObject, busyUnlessThrottled, openRest, type Rest } from './rest.ts'
import { type CheckAddress, openTransport, type Resolve, resolveByDns } from './transport.ts'
import { type WatchEvent, type WatchOptions, watch } from './watching.ts'

/** The one name under which Gridgate writes fields. */
export const fieldManager = 'gridgate'

/** What a client needs from outside. */
export interface ClientPorts {
  readonly checkAddress: CheckAddress
  readonly resolve?: Resolve
  /** Waits between attempts; tests give one that returns at once. */
  readonly pause?: (ms: number) => Promise<void>
}

export interface ApplyObjectOptions {
  /** Takes fields from other managers. */
  readonly force?: boolean
  /** Only where there is no such object: one that is there is a conflict, and stays as it is. */
  readonly isNew?: boolean
}

export interface RemoveOptions {
  /** Only the object with this UID: never its successor of the same name. */
  readonly uid: string
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan'
}

export interface MergeOptions {
  /** The caller paces its changes itself: a 429 is told at once as `kube.throttled`, not waited for. */
  readonly isPaced?: boolean
}

/** A question to the API server that stores nothing, such as a SelfSubjectAccessReview. */
export interface Review {
  readonly apiVersion: string
  readonly kind: string
  readonly spec: Readonly<Record<string, unknown>>
}

/**
 * Everything Gridgate says to one cluster. An operation takes 10 s at most, retries included, and reads 8 MB at most.
 * Failures are GridErrors: `kube.*`, `address.refused`.
 */
export interface KubeClient {
  get(reference: ObjectReference): Promise<KubernetesObject | null>
  /** All objects of a kind. @throws {GridError} `kube.failed` above 10,000 objects */
  list(kind: Kind, options?: ListOptions): Promise<KubernetesObject[]>
  /** One page of a list. @throws {GridError} `kube.failed` with `details.status` 410 when `next` is too old */
  page(kind: Kind, options: PageOptions): Promise<ObjectPage>
  /** Changes as they happen; resolves when the watch is open. It is no operation of 10 s: the signal ends it. */
  watch(kind: Kind, options: WatchOptions): Promise<AsyncIterable<WatchEvent>>
  /** Server-side apply. @throws {GridError} `kube.conflict` with `details.conflicts` (manager and field), unless forced */
  apply(object: KubernetesObject, options?: ApplyObjectOptions): Promise<KubernetesObject>
  /** JSON merge patch, for fields of an object that is not ours as a whole, such as a node's label. */
  merge(reference: ObjectReference, patch: Record<string, unknown>, options?: MergeOptions): Promise<KubernetesObject>
  /** Makes a new object; false, with nothing changed, when one of its name is there. */
  create(object: KubernetesObject): Promise<boolean>
  review(question: Review): Promise<KubernetesObject>
  /** Asks for removal; false when the object was gone already. */
  remove(reference: ObjectReference, options: RemoveOptions): Promise<boolean>
  /** Asks politely for a pod to go; a disruption budget that refuses is an answer, not a failure. */
  evict(pod: { namespace: string; name: string }, options: EvictOptions): Promise<Eviction>
  /** Whether the cluster serves this kind in this version. */
  serves(kind: Pick<Kind, 'apiVersion' | 'kind'>): Promise<boolean>
  /** Every resource type in its preferred version, without sub-resources. */
  resources(): Promise<ServedResource[]>
  version(): Promise<{ major: number; minor: number }>
  /** Closes the connections. */
  close(): void
}

/**
 * Opens a client; nothing is sent before the first operation. The caller closes it.
 * @throws {GridError} `kubeconfig.invalid` when certificate, key or authority are not usable PEM
 */
export function openClient(kubeconfig: Kubeconfig, ports: ClientPorts): KubeClient {
  const transport = openTransport(kubeconfig, ports.checkAddress, ports.resolve ?? resolveByDns)
  const rest = openRest(transport, ports.pause ?? ((ms) => delay(ms)))
  return {
    get: (reference) => get(rest, reference),
    list: (kind, options = {}) => listAll(rest, kind, options),
    page: (kind, options) => listPage(rest, kind, options),
    watch: (kind, options) => watch(rest, kind, options),
    apply: (object, options = {}) => apply(rest, object, options),
    merge: (reference, patch, options = {}) => merge(rest, reference, patch, options),
    create: (object) => create(rest, object),
    review: (question) => review(rest, question),
    remove: (reference, options) => remove(rest, reference, options),
    evict: (pod, options) => evict(rest, pod, options),
    serves: async ({ apiVersion, kind }) =>
      (await resourcesOf(rest, apiVersion)).some((served) => served.kind === kind),
    resources: () => allResources(rest),
    version: () => version(rest),
    close: transport.close,
  }
}

async function get(rest: Rest, reference: ObjectReference): Promise<KubernetesObject | null> {
  const action = `reading ${describeReference(reference)}`
  const answer = await rest.jsonOrNull(action, { method: 'GET', path: objectPath(reference) })
  return answer === null ? null : asObject(answer, action)
}

/** A version that no object has: an apply that names it creates the object, or conflicts with the one that is there. */
const versionOfNone = '1'

async function apply(
  rest: Rest,
  object: KubernetesObject,
  { force = false, isNew = false }: ApplyObjectOptions,
): Promise<KubernetesObject> {
  const reference = referenceOf(object)
  const action = `applying ${describeReference(reference)}`
  const path = `${objectPath(reference)}?fieldManager=${fieldManager}&force=${force}`
  const contentType = 'application/apply-patch+yaml' // JSON is YAML
  const sent = isNew ? { ...object, metadata: { ...object.metadata, resourceVersion: versionOfNone } } : object
  return asObject(await rest.json(action, { method: 'PATCH', path, contentType, body: JSON.stringify(sent) }), action)
}

async function merge(
  rest: Rest,
  reference: ObjectReference,
  patch: Record<string, unknown>,
  { isPaced = false }: MergeOptions,
): Promise<KubernetesObject> {
  const action = `changing ${describeReference(reference)}`
  const path = `${objectPath(reference)}?fieldManager=${fieldManager}`
  const contentType = 'application/merge-patch+json'
  const request = { method: 'PATCH', path, contentType, body: JSON.stringify(patch) } as const
  return asObject(await rest.json(action, request, isPaced ? busyUnlessThrottled : undefined), action)
}

async function create(rest: Rest, object: KubernetesObject): Promise<boolean> {
  const action = `creating ${describeReference(referenceOf(object))}`
  const path = `${collectionPath(kindOf(object), object.metadata.namespace)}?fieldManager=${fieldManager}`
  const reply = await rest.send(action, { method: 'POST', path, body: JSON.stringify(object) })
  if (reply.status < 300) return true
  if (reply.status === 409 && textAt(parsedJson(reply.text), 'reason') === 'AlreadyExists') return false
  throw fromReply(reply, action)
}

async function review(rest: Rest, question: Review): Promise<KubernetesObject> {
  const action = `asking a ${question.kind}`
  const path = collectionPath(kindOf(question))
  return asObject(await rest.json(action, { method: 'POST', path, body: JSON.stringify(question) }), action)
}

async function remove(rest: Rest, reference: ObjectReference, options: RemoveOptions): Promise<boolean> {
  const { uid, propagation: propagationPolicy = 'Background' } = options
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, propagationPolicy })
  const action = `removing ${describeReference(reference)}`
  return (await rest.jsonOrNull(action, { method: 'DELETE', path: objectPath(reference), body })) !== null
}

async function version(rest: Rest): Promise<{ major: number; minor: number }> {
  const answer = await rest.json('asking for the version', { method: 'GET', path: '/version' })
  // Some distributions write the minor version as `27+`.
  const digits = (name: string): number => Number.parseInt(textAt(answer, name) ?? '', 10)
  return { major: digits('major'), minor: digits('minor') }
}
