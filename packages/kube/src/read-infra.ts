import { GridError } from '@gridgate/core/errors'
import type { KubeClient } from './client.ts'
import { infraScopes, namedKinds, optionalKinds } from './components/infra-scopes.ts'
import { kindOf, kinds, placeOf } from './kinds.ts'
import { type KubernetesObject, type ObjectReference, referenceOf } from './object.ts'
import { ownerLabels } from './ownership.ts'

/** Annotation where `kubectl apply` keeps a copy of the whole object. */
const copyAnnotation = 'kubectl.kubernetes.io/last-applied-configuration'

const readable = new Set([...infraScopes.map(({ kind }) => kind), ...namedKinds])

/**
 * Everything of a cluster's infrastructure that is there: what carries its label, and what is asked for by name. Without
 * status, and without what secrets hold.
 * @throws {GridError} `request.invalid` for a kind that the infrastructure does not have
 */
export async function readInfraObjects(
  client: KubeClient,
  clusterId: string,
  references: readonly ObjectReference[],
): Promise<KubernetesObject[]> {
  for (const reference of references) requireReadable(reference)
  const found = new Map<string, KubernetesObject>()
  const keep = (object: KubernetesObject | null): void =>
    void (object && found.set(placeOf(referenceOf(object)), object))
  for (const { kind, namespaces } of infraScopes) {
    if (optionalKinds.has(kind) && !(await client.serves(kind))) continue
    for (const namespace of namespaces)
      for (const object of await client.list(kind, { namespace, labels: ownerLabels(clusterId) })) keep(object)
  }
  // What lost its label, what may not be listed, and what is known in another version.
  for (const reference of references)
    if (found.get(placeOf(reference))?.apiVersion !== reference.apiVersion) keep(await byName(client, reference))
  return [...found.values()].map(withoutContent)
}

/** What may be listed is listed by its name, so that the right to list is enough. */
async function byName(client: KubeClient, reference: ObjectReference): Promise<KubernetesObject | null> {
  const { namespace = '', name } = reference
  const isListed = infraScopes.some(
    ({ kind, namespaces }) =>
      kind.kind === reference.kind && kind.apiVersion === reference.apiVersion && namespaces.includes(namespace),
  )
  if (!isListed) return client.get(reference)
  const [object] = await client.list(kindOf(reference), { namespace, fields: { 'metadata.name': name } })
  return object ?? null
}

function requireReadable(reference: ObjectReference): void {
  const isKnown = [...readable].some(
    ({ apiVersion, kind }) => apiVersion === reference.apiVersion && kind === reference.kind,
  )
  if (!isKnown || kindOf(reference).namespaced !== (reference.namespace !== undefined))
    throw new GridError('request.invalid', `${reference.apiVersion} ${reference.kind} is no part of the infrastructure`)
}

function withoutContent({ status: _, ...object }: KubernetesObject): KubernetesObject {
  const { [copyAnnotation]: _copy, ...annotations } = object.metadata.annotations ?? {}
  const metadata = { ...object.metadata, annotations }
  if (object.kind !== kinds.secret.kind) return { ...object, metadata } as KubernetesObject
  // An allow-list: whatever else a secret has may hold its content.
  const { name, namespace, uid, labels, managedFields } = metadata as typeof metadata & { managedFields?: unknown }
  const { apiVersion, kind, type } = object
  return { apiVersion, kind, type, metadata: { name, namespace, uid, labels, managedFields } } as KubernetesObject
}
